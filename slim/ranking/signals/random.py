"""Baseline: layers in a random order."""

import numpy as np
from numpy.typing import NDArray

from slim.ranking.signals import HasLayers
from slim.subsets.lattice import random_orders
from slim.utils.option_types import Count, Seed


def random(model: HasLayers, *, draws: Count = 10, seed: Seed = 0) -> NDArray[np.float64]:
    """Scores 0 .. L-1 in a random order, drawn `draws` times (arXiv:2501.03273).

    Returns [draws, L]; low is pruned first. Of deep models `ablate.sample` takes the same orders, so that with the
    same seed these paths are measured already. Raises ValueError for fewer than one draw.
    """
    if draws < 1:
        raise ValueError(f"random: draws must be at least 1, got {draws}")
    return np.argsort(random_orders(model.layers, draws, seed), axis=1).astype(np.float64)
