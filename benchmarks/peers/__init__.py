"""Other tools on the same data, from the same model, for as many steps, measured the same way: one file a tool."""
