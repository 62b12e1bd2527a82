"""How sure an accuracy is, and a difference between two: bootstrap over items, and McNemar's exact test."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

Correct = NDArray[np.bool_]


class Discordant(NamedTuple):
    """What two models disagree on, and how surprising that would be if they were equally good."""

    only_first: int
    """Items that only the first model gets right."""
    only_second: int
    """Items that only the second model gets right."""
    p: float
    """Two-sided exact p-value."""


def accuracy_interval(
    correct: Correct, *, resamples: int = 2000, seed: int = 0, level: float = 0.95
) -> tuple[float, float]:
    """Percentile bootstrap interval (low, high) of an accuracy, over the items of `correct` [n].

    Drawing n items with replacement and counting the right ones is one binomial draw, so no [resamples, n]
    array is needed. Raises ValueError when there is no item.
    """
    n = _items(correct)
    draws = np.random.default_rng(seed).binomial(n, np.mean(correct), size=resamples) / n
    return _percentiles(draws, level)


def difference_interval(
    first: Correct, second: Correct, *, resamples: int = 2000, seed: int = 0, level: float = 0.95
) -> tuple[float, float]:
    """Paired percentile bootstrap interval (low, high) of accuracy(first) - accuracy(second), on the same items [n].

    A resample is one multinomial draw of how many items only the first, only the second, or both or neither get
    right. Raises ValueError when the lengths differ or there is no item.
    """
    n = _items(first, second)
    only_first, only_second = _discordant(first, second)
    shares = np.array([only_first, only_second, n - only_first - only_second]) / n
    draws = np.random.default_rng(seed).multinomial(n, shares, size=resamples)
    return _percentiles((draws[:, 0] - draws[:, 1]) / n, level)


def mcnemar(first: Correct, second: Correct) -> Discordant:
    """McNemar's exact test of equal accuracy on the same items [n]: a sign test on the discordant ones.

    p is 1 when the two never disagree. Raises ValueError when the lengths differ or there is no item.
    """
    _items(first, second)
    only_first, only_second = _discordant(first, second)
    total = only_first + only_second
    p = float(binomtest(only_first, total, 0.5).pvalue) if total else 1.0
    return Discordant(only_first, only_second, p)


def _items(*models: Correct) -> int:
    shapes = {np.shape(correct) for correct in models}
    n = np.size(models[0])
    if len(shapes) != 1 or np.ndim(models[0]) != 1 or n == 0:
        raise ValueError(f"needs one truth value an item for the same n > 0 items: got shapes {sorted(shapes)}")
    return n


def _discordant(first: Correct, second: Correct) -> tuple[int, int]:
    first, second = np.asarray(first, dtype=bool), np.asarray(second, dtype=bool)
    return int((first & ~second).sum()), int((second & ~first).sum())


def _percentiles(draws: NDArray[np.floating], level: float) -> tuple[float, float]:
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
