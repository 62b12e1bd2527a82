"""Baseline: drop layers from the top."""

import numpy as np
from numpy.typing import NDArray

from slim.ranking.signals import HasLayers


def top_first(model: HasLayers) -> NDArray[np.float64]:
    """The number of layers above a layer, so that the last layer goes first (this project).

    Returns [L]; low is pruned first.
    """
    return np.arange(model.layers - 1, -1, -1, dtype=np.float64)
