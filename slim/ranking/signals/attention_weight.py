"""How sharply a layer's attention picks one key."""

import numpy as np
from numpy.typing import NDArray

from slim.ranking.layer_statistics import LayerStatistics


def attention_weight(statistics: LayerStatistics) -> NDArray[np.float64]:
    """Mean over heads and queries of the largest attention weight in the row (arXiv:2501.03273; statistic OURS).

    Returns [L], in 0 .. 1; low is pruned first. The plain mean would be one over the number of keys in every layer.
    """
    sharpness: NDArray[np.float64] = statistics.attention_max.mean(axis=(1, 2), dtype=np.float64)
    return sharpness
