"""Fusion without learning: the mean of the ranks that the signals give a layer."""

import numpy as np
from numpy.typing import NDArray

from slim.ranking.fusion import FusionResult, removal_path
from slim.ranking.fusion_input import FusionInput
from slim.ranking.removals import check_signals


def mean_rank(inputs: FusionInput) -> FusionResult:
    """Mean over signals of a layer's rank, 1 .. L, equal values sharing theirs; the lowest goes first (this project).

    A baseline for the learned fusions: it measures no accuracy. Under the iterative schedule the layers left are
    ranked again after every removal. Raises ValueError for signals that do not fit the lattice.
    """
    check_signals(inputs)
    path, scores = removal_path(inputs, _mean_ranks)
    return FusionResult(path=path, scores=scores.tolist(), fit={"evaluations": 0})


def _mean_ranks(signals: NDArray[np.float64]) -> NDArray[np.float64]:
    """[present]: mean rank over signals [present, S], 1 = lowest."""
    from scipy.stats import rankdata

    return rankdata(signals, axis=0).mean(axis=1)
