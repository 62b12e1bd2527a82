"""The control that drops layers from the top."""

import numpy as np
from numpy.typing import NDArray

from slim.ranking.signals import Layered


def top_first(model: Layered) -> NDArray[np.float64]:
    """The number of layers above a layer, so that the last goes first (a control, OURS).

    Returns [L]; low is pruned first.
    """
    return np.arange(model.layers - 1, -1, -1, dtype=np.float64)
