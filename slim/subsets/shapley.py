"""Exact Shapley values of layers, from the accuracies of all 2^L subsets."""

from math import comb

import numpy as np
from numpy.typing import NDArray

from slim.subsets.lattice import Lattice, SplitName

Floats = NDArray[np.float64]


def values_of(lattice: Lattice, split: SplitName) -> Floats:
    """[2^L]: accuracy (0 .. 1) by mask, the game whose players are the layers.

    Raises ValueError unless all subsets were measured.
    """
    return np.array([lattice.accuracy(mask, split) for mask in range(1 << lattice.layers)])


def shapley(values: Floats) -> Floats:
    """[L]: each layer's Shapley value (Shapley 1953), from the values of all subsets by mask, [2^L].

    The mean, over all orders of adding layers, of what a layer adds to those before it; the values sum to
    v(all) - v(none). Raises ValueError unless there are 2^L values.
    """
    layers = _layers(values)
    sizes, masks = np.bitwise_count(np.arange(len(values))), np.arange(len(values))
    weight = np.array([1 / (layers * comb(layers - 1, size)) for size in range(layers)])
    contributions = np.empty(layers)
    for layer in range(layers):
        without = masks[masks >> layer & 1 == 0]
        contributions[layer] = weight[sizes[without]] @ (values[without | 1 << layer] - values[without])
    return contributions


def _layers(values: Floats) -> int:
    count = len(values)
    if np.ndim(values) != 1 or count < 2 or count & (count - 1):
        raise ValueError(f"needs one value for each of the 2^L subsets of L >= 1 layers, got {np.shape(values)}")
    return count.bit_length() - 1
