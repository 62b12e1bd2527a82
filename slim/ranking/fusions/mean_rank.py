"""Fusion without learning: the mean of the ranks the signals give a layer."""

import numpy as np
from numpy.typing import NDArray

from slim.ranking.cases import Case
from slim.ranking.fusions._fused import Fused, scheduled
from slim.ranking.removals import check


def mean_rank(case: Case) -> Fused:
    """Mean over signals of a layer's rank, 1 .. L, equal values sharing theirs; the lowest goes first (OURS).

    A control for the learned fusions: it measures no accuracy at all. Under the iterative schedule the layers left
    are ranked again after every removal.
    """
    check(case)
    path, scores = scheduled(case, _mean_ranks)
    return Fused(path=path, scores=scores.tolist(), fit={"evaluations": 0})


def _mean_ranks(signals: NDArray[np.float64]) -> NDArray[np.float64]:
    """[present]: mean rank over signals [present, S], 1 = lowest."""
    below = (signals[:, None] > signals).sum(axis=1)
    equal = (signals[:, None] == signals).sum(axis=1)
    ranks: NDArray[np.float64] = (below + (equal + 1) / 2).mean(axis=1)
    return ranks
