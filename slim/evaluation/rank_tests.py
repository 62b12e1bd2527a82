"""Tests of many methods at once: Holm's correction and Friedman's test, by statsmodels and scipy."""

import gc
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import friedmanchisquare, rankdata


class Friedman(NamedTuple):
    """Whether k methods are alike over N blocks."""

    mean_ranks: NDArray[np.float64]
    """[k]: 1 = largest value; ties share the mean of their ranks."""
    p: float


def holm(p: Sequence[float]) -> list[float]:
    """Holm's step-down adjusted p-values, in the order given. Raises ValueError unless all lie in [0, 1]."""
    from statsmodels.stats.multitest import multipletests  # imports for a second

    values = np.asarray(p, np.float64)
    if not ((values >= 0) & (values <= 1)).all():
        raise ValueError(f"holm needs p-values in [0, 1], got {list(p)}")
    if not len(values):
        return []
    gc.freeze()  # multipletests collects garbage in every call, which takes half a second beside torch
    try:
        return [float(value) for value in multipletests(values, method="holm")[1]]
    finally:
        gc.unfreeze()


def friedman(values: NDArray[np.floating]) -> Friedman:
    """Friedman's test that k methods are alike, from their values [N, k], larger = better.

    p is 1 when all methods tie in every block. Raises ValueError with fewer than two blocks or three methods.
    """
    values = np.asarray(values, np.float64)
    if values.ndim != 2 or values.shape[0] < 2 or values.shape[1] < 3:
        raise ValueError(f"friedman needs two or more blocks of three or more methods, got shape {values.shape}")
    ranks = rankdata(-values, axis=1)
    alike = bool((ranks == ranks[:, :1]).all())
    return Friedman(ranks.mean(axis=0), 1.0 if alike else float(friedmanchisquare(*values.T).pvalue))
