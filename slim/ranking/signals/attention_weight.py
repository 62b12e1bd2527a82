"""How sharply a layer's attention picks one key."""

import numpy as np
from numpy.typing import NDArray

from slim.ranking.layer_statistics import LayerStatistics


def attention_weight(statistics: LayerStatistics) -> NDArray[np.float64]:
    """Mean over heads and queries of the row's largest attention weight (arXiv:2501.03273; formula: this project).

    Returns [L], in 0 .. 1; low is pruned first. The plain mean would be one over the number of keys in every layer.
    """
    return statistics.attention_max.mean(axis=(1, 2), dtype=np.float64)
