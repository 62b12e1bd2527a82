"""Inner widths of layers: heads, the dimensions of queries, keys and values, feed-forward neurons."""
