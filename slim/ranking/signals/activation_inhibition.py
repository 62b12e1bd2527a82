"""How strongly a layer inhibits: how low its activations are on average."""

import numpy as np
from numpy.typing import NDArray

from slim.ranking.layer_statistics import LayerStatistics
from slim.utils.option_types import Site


def activation_inhibition(statistics: LayerStatistics, *, site: Site = "output") -> NDArray[np.float64]:
    """Mean activation over tokens and channels, in units of the activation (arXiv:2501.03273; formula: this project).

    Returns [L]; low is pruned first. `site`: the layer's "output", or its "update" (output minus input).
    In post-norm models the output's mean is set by the gain and bias of the last LayerNorm.
    Raises ValueError for an unknown site.
    """
    return statistics.channel_mean[statistics.site_index(site)].mean(axis=1, dtype=np.float64)
