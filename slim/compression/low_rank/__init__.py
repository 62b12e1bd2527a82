"""Matrices in parts of lower rank: which matrices, which parts."""
