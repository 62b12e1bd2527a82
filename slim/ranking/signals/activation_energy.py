"""How much energy a layer's activations carry per text."""

import numpy as np
from numpy.typing import NDArray

from slim.ranking.layer_statistics import LayerStatistics
from slim.utils.option_types import Site


def activation_energy(statistics: LayerStatistics, *, site: Site = "output") -> NDArray[np.float64]:
    """Mean over texts of the squared Frobenius norm of a text's activations (arXiv:2501.03273; formula: this project).

    Returns [L]; low is pruned first. Longer texts carry more energy, unlike in `activation_intensity`.
    `site`: the layer's "output", or its "update" (output minus input). Raises ValueError for an unknown site.
    """
    squares = np.square(statistics.row_norm[statistics.site_index(site)], dtype=np.float64)
    return squares.sum(axis=1) / statistics.examples
