"""What a strategy's layers are worth once they have been trained again: test regret before recovery and after."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from slim.evaluation.metrics.hierarchical import bootstrap_means
from slim.report.study._choices import Choice
from slim.report.study._read import Run
from slim.subsets.lattice import Lattice, mask_of

COLUMNS = [
    "dataset", "seed", "strategy", "family", "schedule", "target", "rows", "budget", "removed", "test_regret",
    "over_random", "over_random_low", "over_random_high",
]  # fmt: skip


def recovered_regret(
    runs: Sequence[Run], choices: Sequence[Choice], *, resamples: int = 2000, level: float = 0.95
) -> pd.DataFrame:
    """One row a run, budget (`none`: before recovery), number of removed layers, and choice
    (`slim.report.study._choices`).

    Only sizes of which every set was trained, so that the best one is known. Means over draws.
    target: whose accuracies a fusion learned from; with the target's own budget, and rows `lattice`, it was told the
        validation accuracies of the very sets that it is judged on
    test_regret: highest test accuracy (share) of a set of that size, after that budget, minus the strategy's
    over_random: the strategy's test accuracy minus the mean over all sets of that size: what it is worth to choose
        layers so, instead of at random; with a paired bootstrap interval over test items
    """
    rows = [
        row
        for run in runs
        for budget, lattice in run.outcomes.items()
        for size in sorted(run.exhaustive_sizes(budget), reverse=True)
        for row in _of_size(run, budget, lattice, size, choices, resamples, level)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _of_size(
    run: Run,
    budget: str,
    lattice: Lattice,
    size: int,
    choices: Sequence[Choice],
    resamples: int,
    level: float,
) -> list[dict[str, Any]]:
    masks = lattice.of_size(size)
    here = [choice for choice in choices if (choice.dataset, choice.seed) == (run.dataset, run.seed)]
    kept = [[mask_of(list(kept)) for path in choice.paths for kept in path if len(kept) == size] for choice in here]
    known = [(choice, sets) for choice, sets in zip(here, kept, strict=True) if sets]
    if not known:
        return []
    correct = {mask: lattice.correct(mask, "test").astype(np.float64) for mask in masks}
    by_chance = np.mean(list(correct.values()), axis=0)
    gains = np.array([np.mean([correct[mask] for mask in sets], axis=0) - by_chance for _, sets in known])
    drawn = bootstrap_means(gains[:, None], resamples=resamples, rng=np.random.default_rng(0))
    ends = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=1)
    best = max(lattice.accuracy(mask, "test") for mask in masks)
    return [
        {name: getattr(choice, name) for name in COLUMNS[:7]}
        | {"budget": budget, "removed": run.raw.layers - size}
        | {"test_regret": float(np.mean([best - lattice.accuracy(mask, "test") for mask in sets]))}
        | {"over_random": float(gain.mean()), "over_random_low": float(low), "over_random_high": float(high)}
        for (choice, sets), gain, low, high in zip(known, gains, *ends, strict=True)
    ]
