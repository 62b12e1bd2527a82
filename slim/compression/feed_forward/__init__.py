"""Feed-forward parts of several layers as one."""
