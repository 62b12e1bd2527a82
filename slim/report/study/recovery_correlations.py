"""What predicts how good a set of layers is after a short training?"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from slim.ranking.removals import standardised
from slim.report.study._choices import RAW, Choice, case
from slim.report.study._read import Run
from slim.subsets import shapley as games
from slim.subsets.lattice import SPLITS, layers_of

COLUMNS = ["dataset", "seed", "layers", "budget", "predictor", "kind", "rho", "low", "high", "sets"]
FEWEST = 5
"""Sets of one size below which a rank correlation says nothing."""
ALL = "all"
"""The dataset of the lines that pool all runs."""

Floats = NDArray[np.float64]
Key = tuple[int, str, str, str]
"""Retained layers, budget, kind, predictor."""


class Found(NamedTuple):
    """A correlation in one run."""

    rho: float
    drawn: Floats
    """[resamples]: its bootstrap replicates; NaN where only one value was drawn."""
    sets: int


def recovery_correlations(
    runs: Sequence[Run],
    choices: Sequence[Choice],
    *,
    resamples: int = 2000,
    level: float = 0.95,
    seed: int = 0,
) -> pd.DataFrame:
    """One row a run (and `all` of them), number of retained layers, budget and predictor.

    rho: Spearman's rank correlation, over the trained sets of that size, of the predictor and test accuracy after
        that budget (`none`: before any training); in `all`, which has no seed, the mean over runs
    low, high: percentile bootstrap interval over sets; all runs draw the same sets. Sets share layers, so they are
        not independent, and the interval is rather narrow.
    predictor and kind: see `predictors`; `recovered_validation`, the ceiling, is accuracy after the same training on
        the validation items: what their noise and that of the test items leave of knowing the answer. A predictor
        without noise of its own could reach about its square root.
    sets: their number, the smallest in `all`
    Sizes of fewer than FEWEST sets, and what is the same for all sets, are left out; in `all`, what some run lacks.
    """
    found = [(run.dataset, run.seed, _of_run(run, choices, resamples, seed)) for run in runs]
    rows = [
        {"dataset": dataset, "seed": of_seed} | _row(key, [one], level)
        for dataset, of_seed, correlations in found
        for key, one in correlations.items()
    ]
    every = [correlations for *_, correlations in found]
    shared = [key for key in (every[0] if every else {}) if all(key in correlations for correlations in every)]
    rows += [{"dataset": ALL, "seed": None} | _row(key, [of[key] for of in every], level) for key in shared]
    return pd.DataFrame(rows, columns=COLUMNS).astype({"seed": "Int64"})


def predictors(run: Run, choices: Sequence[Choice], masks: Sequence[int]) -> dict[tuple[str, str], Floats]:
    """(kind, name) -> a value for each of some sets of one size, larger = better; what cannot be said is absent.

    raw: validation accuracy without recovery, and loss, negative
    signal: mean over the retained layers of the one-shot score, standardised over all layers, larger = keep
    fusion: sum over the retained layers of its scores, as it learned from raw accuracies with its options
    shapley: sum of the retained layers' Shapley values in raw validation accuracy
    other: mean and standard deviation of the retained layers' indices; whether the first and the last layer stay
    """
    found: dict[tuple[str, str], Sequence[float] | Floats] = {}
    if all(mask in run.raw.row for mask in masks):
        found["raw", "raw_accuracy"] = [run.raw.accuracy(mask, "validation") for mask in masks]
        found["raw", "raw_loss"] = [-run.raw.loss(mask, "validation") for mask in masks]
    kept = [layers_of(mask) for mask in masks]
    own = case(run, run.raw)
    for name, scores in zip(own.names, standardised(own.signals).T, strict=True):
        found["signal", name] = [scores[layers].mean() for layers in kept]
    for choice in choices:
        if _is_fusion_of(choice, run) and choice.scores is not None:
            found["fusion", choice.strategy] = [choice.scores[layers].sum() for layers in kept]
    if games.complete(run.raw):
        worth = games.shapley(games.values_of(run.raw, "validation"))
        found["shapley", "shapley"] = [worth[layers].sum() for layers in kept]
    found["other", "mean_depth"] = [float(np.mean(layers)) for layers in kept]
    found["other", "spread"] = [float(np.std(layers)) for layers in kept]
    found["other", "first_layer"] = [float(0 in layers) for layers in kept]
    found["other", "last_layer"] = [float(run.raw.layers - 1 in layers) for layers in kept]
    rounded: dict[tuple[str, str], Floats] = {key: np.round(values, 12) for key, values in found.items()}
    return rounded


def _is_fusion_of(choice: Choice, run: Run) -> bool:
    here = (choice.dataset, choice.seed) == (run.dataset, run.seed)
    return here and (choice.family, choice.schedule, choice.target) == ("fusion", "one_shot", RAW)


def _of_run(run: Run, choices: Sequence[Choice], resamples: int, seed: int) -> dict[Key, Found]:
    found: dict[Key, Found] = {}
    for size in sorted({size for budget in run.outcomes for size in run.sizes(budget)}):
        for budget, lattice in run.outcomes.items():
            masks = run.of_size(budget, size)
            if len(masks) < FEWEST:
                continue
            seen = {split: np.array([lattice.accuracy(mask, split) for mask in masks]) for split in SPLITS}
            known = predictors(run, choices, masks) | {("ceiling", "recovered_validation"): seen["validation"]}
            drawn = np.random.default_rng(seed).integers(0, len(masks), (resamples, len(masks)))
            for (kind, name), values in known.items():
                if np.ptp(values) > 0 and np.ptp(seen["test"]) > 0:
                    rho = float(spearman(values[None], seen["test"][None])[0])
                    replicates = spearman(values[drawn], seen["test"][drawn])
                    found[size, budget, kind, name] = Found(rho, replicates, len(masks))
    return found


def spearman(first: Floats, second: Floats) -> Floats:
    """[R]: Spearman's rank correlation of each of R pairs of rows [R, n]; NaN where either row is constant."""
    one, other = (rankdata(values, axis=1) - (values.shape[1] + 1) / 2 for values in (first, second))
    norm = np.sqrt(np.square(one).sum(axis=1) * np.square(other).sum(axis=1))
    rho: Floats = np.clip((one * other).sum(axis=1) / np.where(norm > 0, norm, np.nan), -1, 1)
    return rho


def _row(key: Key, found: list[Found], level: float) -> dict[str, Any]:
    size, budget, kind, name = key
    drawn = np.mean([of.drawn for of in found], axis=0)
    drawn = drawn[~np.isnan(drawn)]
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2]) if len(drawn) else (np.nan, np.nan)
    return {
        "layers": size,
        "budget": budget,
        "predictor": name,
        "kind": kind,
        "rho": float(np.mean([of.rho for of in found])),
        "low": float(low),
        "high": float(high),
        "sets": min(of.sets for of in found),
    }
