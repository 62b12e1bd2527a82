"""What it changes to measure signals again after every removal."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from slim.evaluation.metrics.hierarchical import bootstrap_means
from slim.report.study._choices import RAW, Choice
from slim.report.study._read import Run
from slim.report.tables._paths import Path, best_on_test, mean_regret, tau
from slim.subsets.lattice import Lattice, mask_of

COLUMNS = [
    "dataset", "seed", "family", "strategy", "tau", "one_shot_regret", "iterative_regret", "difference",
    "difference_low", "difference_high",
]  # fmt: skip
POOLED = "all"
"""The family of the rows that pool strategies."""
GROUPS = ("signals", "fusions")
"""Their names."""
Pair = tuple[Choice, Choice]
"""The same strategy by both schedules, one_shot first."""


def schedules(
    runs: Sequence[Run], choices: Sequence[Choice], *, resamples: int = 2000, level: float = 0.95
) -> pd.DataFrame:
    """One row a run and signal or fusion, as without recovery; and two, of family `all`, for all of either kind.

    tau: Kendall's tau-b between the places at which the schedules remove each layer, 1 for the same order; mean
    one_shot_regret, iterative_regret: raw test regret (share), mean over sizes L-1 .. 1, and over strategies
    difference: iterative minus one_shot, below 0 where measuring again helps, with a paired bootstrap interval over
        test items
    All but tau is missing where some size was not measured in full.
    """
    return pd.DataFrame(
        [row for run in runs for row in _of_run(run, _pairs(run, choices), resamples, level)], columns=COLUMNS
    )


def _pairs(run: Run, choices: Sequence[Choice]) -> list[Pair]:
    here = [c for c in choices if (c.dataset, c.seed) == (run.dataset, run.seed) and c.target in ("", RAW)]
    iterative = {choice.strategy: choice for choice in here if choice.schedule == "iterative"}
    once = [choice for choice in here if choice.schedule == "one_shot" and choice.strategy in iterative]
    return [(choice, iterative[choice.strategy]) for choice in once]


def _of_run(run: Run, pairs: list[Pair], resamples: int, level: float) -> list[dict[str, Any]]:
    groups = [[pair for pair in pairs if (pair[0].family == "fusion") == (name == "fusions")] for name in GROUPS]
    named = [(pair[0].family, pair[0].strategy, [pair]) for pair in pairs]
    named += [(POOLED, name, group) for name, group in zip(GROUPS, groups, strict=True) if group]
    if not named:
        return []
    best = best_on_test(run.raw)
    items = len(run.raw.labels["test"])
    known = len(best) == run.raw.layers - 1 and bool(best)
    gaps = np.array([np.mean([_items(run.raw, pair) for pair in of], axis=0) for *_, of in named]) if known else None
    ends = _ends(gaps, resamples, level) if gaps is not None and items else np.full((2, len(named)), np.nan)
    return [
        {"dataset": run.dataset, "seed": run.seed, "family": family, "strategy": name}
        | {"tau": float(np.mean([tau(one.paths[0], other.paths[0]) for one, other in of]))}
        | _regrets(run.raw, of, best)
        | {"difference_low": low, "difference_high": high}
        for (family, name, of), low, high in zip(named, *ends.tolist(), strict=True)
    ]


def _regrets(lattice: Lattice, pairs: list[Pair], best: dict[int, float]) -> dict[str, float]:
    found = [[mean_regret(choice.paths[0], lattice, best) for choice in pair] for pair in pairs]
    once, again = np.mean(found, axis=0).tolist()
    return {"one_shot_regret": once, "iterative_regret": again, "difference": again - once}


def _items(lattice: Lattice, pair: Pair) -> NDArray[np.float64]:
    """[n]: share of the sizes L-1 .. 1 at which one_shot gets a test item right, minus iterative's."""
    once, again = (_share_correct(lattice, choice.paths[0]) for choice in pair)
    return once - again


def _share_correct(lattice: Lattice, path: Path) -> NDArray[np.float64]:
    return np.mean([lattice.correct(mask_of(list(kept)), "test") for kept in path[1:]], axis=0, dtype=np.float64)


def _ends(values: NDArray[np.float64], resamples: int, level: float) -> NDArray[np.float64]:
    """[2, C] of the means of values [C, n]."""
    drawn = bootstrap_means(values[:, None], resamples=resamples, rng=np.random.default_rng(0))
    return np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=1)
