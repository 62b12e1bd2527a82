"""How sure a difference between two models is when both were trained with several seeds: a bootstrap of two levels."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
CHUNK = 250
"""Replicates whose item counts are held at once."""


class Difference(NamedTuple):
    """A difference of accuracies, its percentile interval, and how surprising it would be between equals."""

    difference: float
    low: float
    high: float
    p: float
    """Two-sided; never 0, since so many replicates can show no less than 1 / (replicates + 1)."""


def hierarchical_difference(
    first: NDArray, second: NDArray, *, resamples: int = 2000, seed: int = 0, level: float = 0.95
) -> Difference:
    """Accuracy(first) - accuracy(second), from the correctness of both, [seeds, n] or [n], on the same items.

    Raises ValueError when the shapes differ or there is no item.
    """
    first, second = np.atleast_2d(np.asarray(first, np.float64)), np.atleast_2d(np.asarray(second, np.float64))
    if first.shape != second.shape or first.ndim != 2 or not first.size:
        raise ValueError(f"needs correctness [seeds, n] of the same n > 0 items: got {first.shape} and {second.shape}")
    drawn = bootstrap_means((first - second)[None], resamples=resamples, rng=np.random.default_rng(seed))[0]
    return summarised(float((first - second).mean()), drawn, level=level)


def bootstrap_means(values: Floats, *, resamples: int, rng: np.random.Generator) -> Floats:
    """Replicates [C, resamples] of the means of C tables [seeds, n], all of the same seeds and items.

    A replicate draws seeds with replacement, then items with replacement. Items are crossed with seeds, since every
    seed is judged on the same ones: they are drawn once a replicate and serve all of its seeds, and all C tables.
    With one seed this is the plain bootstrap over items. It is somewhat wide when neither seeds nor items differ
    much (doi:10.1214/07-AOAS122), and too narrow when a handful of seeds differ by more than the items make them
    (their spread is then divided by the number of seeds, not by one less).
    """
    tables, seeds, n = values.shape
    flat = values.reshape(tables * seeds, n)
    of_seeds = rng.multinomial(seeds, np.full(seeds, 1 / seeds), size=resamples) / seeds
    means = np.empty((tables, resamples))
    for start in range(0, resamples, CHUNK):
        drawn = slice(start, min(start + CHUNK, resamples))
        by_seed = flat @ _item_shares(n, drawn.stop - drawn.start, rng)
        means[:, drawn] = np.einsum("csb,bs->cb", by_seed.reshape(tables, seeds, -1), of_seeds[drawn])
    return means


def _item_shares(n: int, replicates: int, rng: np.random.Generator) -> Floats:
    """[n, replicates]: how often each item is drawn, divided by n."""
    drawn = rng.integers(0, n, size=(replicates, n)) + n * np.arange(replicates)[:, None]
    counts = np.bincount(drawn.ravel(), minlength=n * replicates).reshape(replicates, n)
    shares: Floats = counts.T / n
    return shares


def summarised(difference: float, drawn: Floats, *, level: float = 0.95) -> Difference:
    """A difference with the percentile interval and the two-sided p-value of its replicates [resamples].

    p: twice the share of replicates, the observed one counted among them, on the rarer side of zero or at it.
    """
    drawn = drawn.round(12)
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    rarer = min((drawn <= 0).sum(), (drawn >= 0).sum())
    return Difference(difference, float(low), float(high), float(min(1.0, 2 * (1 + rarer) / (1 + len(drawn)))))
