"""Fusion without learning: the mean of the ranks the signals give a layer."""

import numpy as np
from numpy.typing import NDArray

from slim.fusions._fused import Fused
from slim.lattice import Lattice
from slim.orders import path, removal_order
from slim.removals import check


def mean_rank(signals: NDArray[np.float64], names: list[str], lattice: Lattice) -> Fused:
    """Mean over signals of a layer's rank, 1 .. L, equal values sharing theirs; the lowest goes first (OURS).

    Signals [L, S], larger = keep. A control for the learned fusions: it measures no subset at all.
    """
    check(signals, lattice)
    below = (signals[:, None] > signals).sum(axis=1)
    equal = (signals[:, None] == signals).sum(axis=1)
    scores = (below + (equal + 1) / 2).mean(axis=1)
    return Fused(path=path(removal_order(scores, "low")), scores=scores.tolist(), fit={"evaluations": 0})
