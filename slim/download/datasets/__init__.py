"""One file a source: each gives the same table of texts and labels."""
