"""How many of a layer's weights are next to nothing."""

import numpy as np
from numpy.typing import NDArray

from slim.ranking.layer_statistics import LayerStatistics
from slim.utils.option_types import Positive


def weight_sparsity(statistics: LayerStatistics, *, threshold: Positive = 0.1) -> NDArray[np.float64]:
    """Share, in 0 .. 1, of a layer's weights whose size is strictly below a threshold (OURS).

    Returns [L]; high is pruned first. `threshold` is a fraction of the root mean square of all layers' weights
    together. Raises ValueError when it is negative.
    """
    if threshold < 0:
        raise ValueError(f"weight_sparsity: threshold must be at least 0, got {threshold}")
    limit = threshold * np.sqrt(np.mean([np.square(w, dtype=np.float64).mean() for w in statistics.weights]))
    return np.array([np.mean(np.abs(w) < limit) for w in statistics.weights])
