"""The control that thins the stack out evenly."""

import numpy as np
from numpy.typing import NDArray

from slim.ranking.signals import Layered


def every_other(model: Layered) -> NDArray[np.float64]:
    """When a layer goes if every second layer still present is dropped, from the top, over and over (OURS).

    Returns [L], 0 .. L-1; low is pruned first. Six layers go in the order 5 3 1, 2, 4, 0: the first stays longest.
    """
    present, order = list(range(model.layers)), list[int]()
    while len(present) > 1:
        order += present[1::2][::-1]
        present = present[::2]
    return np.argsort([*order, *present]).astype(np.float64)
