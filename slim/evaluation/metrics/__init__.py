"""How good, how large, and how sure."""
