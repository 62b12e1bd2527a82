"""How much the loss of single texts depends on a layer's parameters."""

import numpy as np
from numpy.typing import NDArray

from slim.ranking.layer_statistics import LayerStatistics


def gradient_fisher(statistics: LayerStatistics) -> NDArray[np.float64]:
    """Empirical Fisher trace: mean over texts of the squared gradient norm (arXiv:2501.03273; formula: this project).

    Returns [L], in squared nats per squared unit of weight; low is pruned first.
    """
    return statistics.gradient_example_square.mean(axis=1, dtype=np.float64)
