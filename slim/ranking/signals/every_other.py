"""Baseline: thin the stack out evenly."""

import numpy as np
from numpy.typing import NDArray

from slim.ranking.signals import HasLayers


def every_other(model: HasLayers) -> NDArray[np.float64]:
    """A layer's place in the order that drops every second layer still present, from the top, again and again.

    Returns [L], 0 .. L-1; low is pruned first. Six layers go in the order 5 3 1, 2, 4, 0: the first stays longest
    (this project).
    """
    present, order = list(range(model.layers)), list[int]()
    while len(present) > 1:
        order += present[1::2][::-1]
        present = present[::2]
    return np.argsort([*order, *present]).astype(np.float64)
