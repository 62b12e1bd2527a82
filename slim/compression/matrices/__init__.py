"""Matrices in parts of lower rank, in few bits, with few weights: which matrices, and what becomes of them."""
