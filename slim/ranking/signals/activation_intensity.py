"""How long the activation vectors of a layer are."""

import numpy as np
from numpy.typing import NDArray

from slim.ranking.layer_statistics import LayerStatistics
from slim.utils.option_types import Site


def activation_intensity(statistics: LayerStatistics, *, site: Site = "output") -> NDArray[np.float64]:
    """Mean over tokens of the L2 norm of a token's activation (arXiv:2501.03273; formula: this project).

    Returns [L]; low is pruned first. `site`: the layer's "output", or its "update" (output minus input).
    Raises ValueError for an unknown site.
    """
    return statistics.row_norm[statistics.site_index(site)].mean(axis=1, dtype=np.float64)
