"""How steep the loss is in a layer's parameters."""

import numpy as np
from numpy.typing import NDArray

from slim.ranking.layer_statistics import LayerStatistics


def gradient_magnitude(statistics: LayerStatistics) -> NDArray[np.float64]:
    """L2 norm over a layer's parameters of the gradient of a batch's mean loss, averaged over batches (this project).

    Returns [L], in nats per unit of weight; low is pruned first.
    """
    return statistics.gradient_batch_norm.mean(axis=1, dtype=np.float64)
