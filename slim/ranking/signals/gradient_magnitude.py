"""How steep the loss is in a layer's parameters."""

import numpy as np
from numpy.typing import NDArray

from slim.ranking.layer_statistics import LayerStatistics


def gradient_magnitude(statistics: LayerStatistics) -> NDArray[np.float64]:
    """L2 norm over a layer's parameters of a batch's mean loss gradient, averaged over batches (OURS).

    Returns [L]; low is pruned first.
    """
    steepness: NDArray[np.float64] = statistics.gradient_batch_norm.mean(axis=1, dtype=np.float64)
    return steepness
