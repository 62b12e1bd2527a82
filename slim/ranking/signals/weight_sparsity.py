"""How many of a layer's weights are nearly zero."""

import numpy as np
from numpy.typing import NDArray

from slim.ranking.layer_statistics import LayerStatistics
from slim.utils.option_types import Positive


def weight_sparsity(statistics: LayerStatistics, *, threshold: Positive = 0.1) -> NDArray[np.float64]:
    """Fraction, in 0 .. 1, of a layer's weights whose size is strictly below a threshold (this project).

    Returns [L]; high is pruned first. `threshold` is a fraction of the root mean square of the weights of all layers
    together. Raises ValueError when it is negative.
    """
    if threshold < 0:
        raise ValueError(f"weight_sparsity: threshold must be at least 0, got {threshold}")
    squares = [np.square(weights, dtype=np.float64).mean() for weights in statistics.weights]
    limit = threshold * np.sqrt(np.mean(squares))
    return np.array([np.mean(np.abs(weights) < limit) for weights in statistics.weights])
