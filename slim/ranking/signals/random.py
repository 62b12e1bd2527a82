"""Baseline: layers in a random order."""

import numpy as np
from numpy.typing import NDArray

from slim.ranking.signals import HasLayers
from slim.utils.option_types import Count, Seed


def random(model: HasLayers, *, draws: Count = 10, seed: Seed = 0) -> NDArray[np.float64]:
    """Scores 0 .. L-1 in a random order, drawn `draws` times (arXiv:2501.03273).

    Returns [draws, L]; low is pruned first. The orders come from the raw bits of PCG64, which are the same in every
    version of NumPy. Raises ValueError for fewer than one draw.
    """
    if draws < 1:
        raise ValueError(f"random: draws must be at least 1, got {draws}")
    bits = np.random.PCG64(seed).random_raw((draws, model.layers))
    return np.argsort(np.argsort(bits, axis=1), axis=1).astype(np.float64)
