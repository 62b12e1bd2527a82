"""How large a layer's weights are."""

import numpy as np
from numpy.typing import NDArray

from slim.ranking.layer_statistics import LayerStatistics


def weight_magnitude(statistics: LayerStatistics) -> NDArray[np.float64]:
    """Root mean square of the entries of a layer's weight matrices, in units of weight (this project).

    Returns [L]; low is pruned first.
    """
    return np.array([np.sqrt(np.square(weights, dtype=np.float64).mean()) for weights in statistics.weights])
