"""How strongly a layer pushes its activations down on the whole."""

import numpy as np
from numpy.typing import NDArray

from slim.ranking.layer_statistics import LayerStatistics
from slim.utils.option_types import Site


def activation_inhibition(statistics: LayerStatistics, *, site: Site = "output") -> NDArray[np.float64]:
    """Mean activation over tokens and channels, in units of the activation (arXiv:2501.03273; formula OURS).

    Returns [L]; low is pruned first. `site`: the block's "output", or its "update" (output minus input).
    In post-norm models the output's mean is set by the last LayerNorm's gain and bias.
    Raises ValueError for an unknown site.
    """
    mean: NDArray[np.float64] = statistics.channel_mean[statistics.at(site)].mean(axis=1, dtype=np.float64)
    return mean
