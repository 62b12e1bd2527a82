"""One file a picture."""
