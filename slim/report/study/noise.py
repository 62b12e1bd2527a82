"""Does it matter at all which layers stay? The spread of accuracy over sets of one size, against chance."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from slim.evaluation.metrics.hierarchical import hierarchical_difference
from slim.evaluation.metrics.ranks import friedman
from slim.report.study._read import Run
from slim.subsets.lattice import Lattice

COLUMNS = [
    "dataset", "seed", "layers", "budget", "sets", "mean", "spread", "noise", "paired_noise", "best", "worst",
    "best_minus_random", "best_minus_random_low", "best_minus_random_high", "q", "p",
]  # fmt: skip


def noise(runs: Sequence[Run], *, resamples: int = 2000, level: float = 0.95) -> pd.DataFrame:
    """One row a run, number of retained layers and budget, over the sets trained; test accuracies, in shares.

    mean, spread (standard deviation), best, worst: over sets
    noise: binomial standard error of one set's accuracy, at the mean
    paired_noise: the spread to expect between equally good sets, which are judged on the same items
    best_minus_random: accuracy of the set that is best on validation minus the mean: what choosing is worth at most
        to who trains every set; with a paired bootstrap interval over items
    q, p: Cochran's test that all sets are equally good (`cochran`)
    All this is of test items drawn by chance; that another order of the training data would have given other sets
    the better end is not in it.
    """
    rows = [
        {"dataset": run.dataset, "seed": run.seed, "layers": size, "budget": budget, "sets": len(masks)}
        | _spread(lattice, masks, resamples, level)
        for run in runs
        for size in {size: None for budget in run.outcomes for size in run.sizes(budget)}
        for budget, lattice in run.outcomes.items()
        if len(masks := run.of_size(budget, size)) > 1
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def cochran(correct: np.ndarray) -> tuple[float, float]:
    """Cochran's Q and its p-value that k models are equally accurate, from `correct` [n items, k] (Cochran 1950).

    It is Friedman's test, corrected for ties, of right and wrong: chi-square with k - 1 degrees of freedom. p is 1
    when the models agree on every item. Raises ValueError with fewer than two items or models.
    """
    return friedman(np.asarray(correct, np.float64))


def _spread(lattice: Lattice, masks: list[int], resamples: int, level: float) -> dict[str, Any]:
    correct = np.array([lattice.correct(mask, "test") for mask in masks])
    accuracy, right = correct.mean(axis=1), correct.sum(axis=0)
    sets, items = correct.shape
    chosen = best_of(lattice, masks)
    gain = hierarchical_difference(
        lattice.correct(chosen, "test"), correct.mean(axis=0), resamples=resamples, level=level
    )
    q, p = cochran(correct.T)
    mean = float(accuracy.mean())
    return {
        "mean": mean,
        "spread": float(accuracy.std(ddof=1)),
        "noise": float(np.sqrt(mean * (1 - mean) / items)),
        "paired_noise": float(np.sqrt((right * (sets - right)).sum() / (sets * (sets - 1)))) / items,
        "best": float(accuracy.max()),
        "worst": float(accuracy.min()),
        "best_minus_random": gain.difference,
        "best_minus_random_low": gain.low,
        "best_minus_random_high": gain.high,
        "q": q,
        "p": p,
    }


def best_of(lattice: Lattice, masks: Sequence[int]) -> int:
    """The set most accurate on validation; ties go to the lower loss, then to the smaller mask."""
    return min(masks, key=lambda mask: (-lattice.accuracy(mask, "validation"), lattice.loss(mask, "validation"), mask))
