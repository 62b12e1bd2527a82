"""Mean ranks against scipy."""

import numpy as np
import pytest
from scipy.stats import rankdata

from slim.ranking.removal_order import path, removal_order
from tests.builders import lattice
from tests.fusion_inputs import fuse, fusion_input, noise


def test_mean_rank_agrees_with_scipy():
    signals = np.round(noise(6, 5), 0)  # with ties
    found = fuse("mean_rank", fusion_input(signals, lattice(6)))
    assert found.scores == pytest.approx(rankdata(signals, axis=0).mean(axis=1))
    assert found.path == path(removal_order(found.scores, "low"))
