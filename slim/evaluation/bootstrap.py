"""Percentile bootstrap: of an accuracy over test items, and of differences over seeds and test items."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
CHUNK = 250
"""Replicates whose item counts are held in memory at once."""


class Difference(NamedTuple):
    """A difference of two accuracies (fractions), its percentile interval and its two-sided p-value."""

    difference: float
    low: float
    high: float
    p: float
    """Never 0: R replicates can show no less than 1 / (R + 1)."""


def accuracy_interval(
    correct: NDArray[np.bool_], *, resamples: int = 2000, seed: int = 0, level: float = 0.95
) -> tuple[float, float]:
    """Interval (low, high) of an accuracy over the items of `correct` [n].

    The number of right items in a resample of n is binomial, so no [resamples, n] array is needed. Raises ValueError
    when there is no item.
    """
    if np.ndim(correct) != 1 or not np.size(correct):
        raise ValueError(f"an interval needs one truth value for each of n > 0 items: got shape {np.shape(correct)}")
    n = len(correct)
    return percentiles(np.random.default_rng(seed).binomial(n, np.mean(correct), size=resamples) / n, level)


def paired_difference(
    first: NDArray, second: NDArray, *, resamples: int = 2000, seed: int = 0, level: float = 0.95
) -> Difference:
    """Accuracy(first) - accuracy(second), from the correctness of both, [seeds, n] or [n], on the same items.

    With one seed: the paired bootstrap over items. Raises ValueError when the shapes differ or there is no item.
    """
    first, second = np.atleast_2d(np.asarray(first, np.float64)), np.atleast_2d(np.asarray(second, np.float64))
    if first.shape != second.shape or first.ndim != 2 or not first.size:
        raise ValueError(f"needs correctness [seeds, n] of the same n > 0 items: got {first.shape} and {second.shape}")
    replicates = bootstrap_means((first - second)[None], resamples=resamples, rng=np.random.default_rng(seed))[0]
    return summarize(float((first - second).mean()), replicates, level=level)


def bootstrap_means(values: Floats, *, resamples: int, rng: np.random.Generator) -> Floats:
    """Replicates [C, resamples] of the means of C tables [C, seeds, n], all of the same seeds and items.

    A replicate draws seeds with replacement, then items with replacement. Items are crossed with seeds, since every
    seed is tested on the same ones: they are drawn once a replicate and serve all of its seeds, and all C tables.
    With one seed this is the bootstrap over items. It is somewhat wide when neither seeds nor items differ much
    (doi:10.1214/07-AOAS122), and too narrow when few seeds differ by more than the items explain (their variance is
    then divided by the number of seeds, not by one less).
    """
    tables, seeds, n = values.shape
    flat = values.reshape(tables * seeds, n)
    seed_weights = rng.multinomial(seeds, np.full(seeds, 1 / seeds), size=resamples) / seeds
    means = np.empty((tables, resamples))
    for start in range(0, resamples, CHUNK):
        chunk = slice(start, min(start + CHUNK, resamples))
        by_seed = flat @ _item_weights(n, chunk.stop - chunk.start, rng)
        means[:, chunk] = np.einsum("csb,bs->cb", by_seed.reshape(tables, seeds, -1), seed_weights[chunk])
    return means


def _item_weights(n: int, replicates: int, rng: np.random.Generator) -> Floats:
    """[n, replicates]: how often each item is drawn, divided by n."""
    items = rng.integers(0, n, size=(replicates, n)) + n * np.arange(replicates)[:, None]
    weights: Floats = np.bincount(items.ravel(), minlength=n * replicates).reshape(replicates, n).T / n
    return weights


def summarize(difference: float, replicates: Floats, *, level: float = 0.95) -> Difference:
    """A difference with the percentile interval and the two-sided p-value of its replicates [R].

    p: twice the fraction of replicates, the observed one counted among them, on the rarer side of zero or at it.
    """
    replicates = replicates.round(12)
    rarer = min((replicates <= 0).sum(), (replicates >= 0).sum())
    p = float(min(1.0, 2 * (1 + rarer) / (1 + len(replicates))))
    return Difference(difference, *percentiles(replicates, level), p)


def percentiles(replicates: NDArray[np.floating], level: float) -> tuple[float, float]:
    """The ends of the central interval that holds a fraction `level` of the replicates [R]."""
    low, high = np.quantile(replicates, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
