"""How evenly a layer's weights spread over the range of all weights."""

import numpy as np
from numpy.typing import NDArray

from slim.ranking.layer_statistics import LayerStatistics
from slim.utils.option_types import AtLeastTwo


def weight_entropy(statistics: LayerStatistics, *, bins: AtLeastTwo = 256) -> NDArray[np.float64]:
    """Shannon entropy, in nats, of the histogram of a layer's weights (arXiv:2501.03273; bins: this project).

    Returns [L]; low is pruned first. All layers share the `bins`, which are equally wide, from the smallest to the
    largest weight of the model. Raises ValueError for fewer than two.
    """
    from scipy.special import entr

    if bins < 2:
        raise ValueError(f"weight_entropy: bins must be at least 2, got {bins}")
    span = float(statistics.weights.min()), float(statistics.weights.max())
    counts = np.array([np.histogram(weights, bins=bins, range=span)[0] for weights in statistics.weights])
    return entr(counts / counts.sum(axis=1, keepdims=True)).sum(axis=1)
