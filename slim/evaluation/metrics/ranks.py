"""Do k methods differ over N blocks, and which: Friedman's test and Nemenyi's critical difference (Demsar 2006)."""

from collections.abc import Mapping
from math import inf, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2, rankdata, studentized_range

Floats = NDArray[np.float64]


class Friedman(NamedTuple):
    """How far mean ranks lie from equality, and how surprising that would be between equals."""

    statistic: float
    """Chi-square with k - 1 degrees of freedom, corrected for ties."""
    p: float


def ranked(values: Floats) -> Floats:
    """Ranks [N, k] within each block of values [N, k]: 1 = largest, equal values share the mean of theirs."""
    ranks: Floats = rankdata(-np.asarray(values), axis=1)
    return ranks


def friedman(values: Floats) -> Friedman:
    """Friedman's test that k methods are alike, from values [N, k].

    p is 1 when all methods tie in every block. Raises ValueError with fewer than two blocks or methods.
    """
    values = np.asarray(values, np.float64)
    if values.ndim != 2 or min(values.shape) < 2:
        raise ValueError(f"friedman needs two or more blocks of two or more methods, got the shape {values.shape}")
    ranks = ranked(values)
    blocks, methods = ranks.shape
    spread = np.square(ranks - (methods + 1) / 2).sum() / (blocks * (methods - 1))
    if spread == 0:
        return Friedman(0.0, 1.0)
    statistic = float(blocks * np.square(ranks.mean(axis=0) - (methods + 1) / 2).sum() / spread)
    return Friedman(statistic, float(chi2.sf(statistic, methods - 1)))


def critical_difference(methods: int, blocks: int, *, alpha: float = 0.05) -> float:
    """Nemenyi: two of k methods differ at `alpha` when their mean ranks over N blocks lie at least this far apart.

    q sqrt(k (k + 1) / (6 N)), with q the studentised range's quantile over sqrt 2. Raises ValueError below two methods
    or one block.
    """
    if methods < 2 or blocks < 1:
        raise ValueError(f"a critical difference needs two methods and a block, got {methods} and {blocks}")
    q = studentized_range.ppf(1 - alpha, methods, inf) / sqrt(2)
    return float(q * sqrt(methods * (methods + 1) / (6 * blocks)))


def cliques(mean_ranks: Mapping[str, float], difference: float) -> list[list[str]]:
    """The maximal groups of two or more methods whose mean ranks all lie within a critical difference.

    Best first within a group and among groups; equal ranks by name.
    """
    names = sorted(mean_ranks, key=lambda name: (mean_ranks[name], name))
    found: list[list[str]] = []
    reached = 0
    for start, first in enumerate(names):
        end = sum(mean_ranks[name] - mean_ranks[first] < difference for name in names)
        if end > reached and end - start > 1:
            found.append(names[start:end])
        reached = max(reached, end)
    return found
