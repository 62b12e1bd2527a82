"""Every strategy against the reference fusion and against greedy: differences, intervals, corrected p-values."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from slim.evaluation.metrics.hierarchical import Difference, bootstrap_means, summarised
from slim.evaluation.metrics.intervals import mcnemar
from slim.evaluation.metrics.multiple import holm
from slim.report.tables._paths import half
from slim.subsets.lattice import Lattice, mask_of

COLUMNS = [
    "dataset", "strategy", "reference", "rule", "difference", "low", "high", "p", "p_holm", "test", "seeds", "n",
]  # fmt: skip
REFERENCES = ("random_forest", "greedy")
RULES = ("half", "best_accuracy")
ALL = "all"
"""The name of the row that pools the datasets."""

Key = tuple[str, str, str]
"""Strategy, reference, rule."""
Floats = NDArray[np.float64]


class Paired(NamedTuple):
    """Every comparison of one dataset."""

    differences: dict[Key, Floats]
    """[seeds, n]: correctness of the strategy minus that of the reference; means over draws."""
    drawn: dict[Key, Floats]
    """[resamples]: bootstrap replicates of their means."""


def comparisons(
    curves: pd.DataFrame,
    lattices: Mapping[str, Lattice],
    references: Sequence[str] = REFERENCES,
    *,
    resamples: int = 2000,
    seed: int = 0,
    level: float = 0.95,
) -> pd.DataFrame:
    """One row a dataset (and `all` of them), strategy, reference and rule, from the table `curves`; lattices by run.

    rule: where strategies meet: `half` of the layers, or the depth k >= 1 each is best at on validation
    difference: test accuracy minus the reference's (share), mean over seeds, over draws for random, and in `all` over
        datasets, each counting the same
    low, high: hierarchical bootstrap over seeds and test items, paired on items
    (`slim.evaluation.metrics.hierarchical`); in
        `all` the datasets are taken as given, so it says nothing of other ones
    p, test: two-sided; McNemar's exact one on all items with a single seed, the bootstrap's with more, and for what
        was averaged over draws
    p_holm: corrected for the number of strategies with the same dataset, reference and rule
    seeds, n: of each dataset, the fewest in `all`; test items, their sum in `all`
    A strategy that lacks a seed of a dataset is not compared there, and one that lacks a dataset not in `all`.
    Raises ValueError when the seeds of a dataset were not tested on the same items.
    """
    right = _correctness(curves, lattices)
    found = {
        dataset: _paired(right[dataset], references, resamples, np.random.default_rng([seed, number]))
        for number, dataset in enumerate(sorted(right))
    }
    rows = [row for dataset, of in found.items() for row in _rows(dataset, [of], level)]
    rows += _rows(ALL, list(found.values()), level)
    table = pd.DataFrame(rows, columns=[column for column in COLUMNS if column != "p_holm"])
    by = ["dataset", "reference", "rule"]
    table["p_holm"] = table.groupby(by)["p"].transform(lambda p: holm(list(p))) if rows else None
    table = table.assign(_last=table["dataset"] == ALL).sort_values(["_last", *by, "strategy"])
    return table[COLUMNS].reset_index(drop=True)


def _correctness(curves: pd.DataFrame, lattices: Mapping[str, Lattice]) -> dict[str, dict[tuple[str, str], Floats]]:
    """dataset -> (strategy, rule) -> [seeds, n]: share of draws that get each test item right."""
    found: dict[str, dict[tuple[str, str], Floats]] = {}
    for dataset, of_dataset in curves.groupby("dataset"):
        seeds = sorted(of_dataset["seed"].unique())
        own = {seed: lattices[f"{dataset}/{seed}"] for seed in seeds}
        _check(str(dataset), own)
        found[str(dataset)] = {
            (str(strategy), rule): np.array([_mean_correct(rows[rows["seed"] == s], own[s]) for s in seeds])
            for rule in RULES
            for strategy, rows in chosen(of_dataset, rule).groupby("strategy")
            if set(rows["seed"]) == set(seeds)
        }
    return found


def _check(dataset: str, lattices: dict[int, Lattice]) -> None:
    first, *others = (lattice.labels["test"] for lattice in lattices.values())
    if not all(np.array_equal(first, other) for other in others):
        raise ValueError(f"the seeds of {dataset} were not tested on the same items: run dvc repro ablate again")


def chosen(curves: pd.DataFrame, rule: str) -> pd.DataFrame:
    """The row of each run, strategy and draw at which a rule of `RULES` looks; ties go to fewer layers."""
    if rule == "half":
        return curves[curves["layers"] == half(int(curves["layers"].max()))]
    run = ["dataset", "seed", "strategy", "draw"]
    ordered = curves[curves["removed"] >= 1].sort_values(["validation_accuracy", "removed"], ascending=False)
    return ordered.drop_duplicates(run).sort_values(run)


def _mean_correct(rows: pd.DataFrame, lattice: Lattice) -> Floats:
    masks = [mask_of(list(map(int, kept.split("-")))) for kept in rows["kept"]]
    means: Floats = np.mean([lattice.correct(mask, "test") for mask in masks], axis=0, dtype=np.float64)
    return means


def _paired(
    right: dict[tuple[str, str], Floats], references: Sequence[str], resamples: int, rng: np.random.Generator
) -> Paired:
    differences = {
        (strategy, reference, rule): of - right[reference, rule]
        for (strategy, rule), of in right.items()
        for reference in references
        if strategy != reference and (reference, rule) in right
    }
    if not differences:
        return Paired({}, {})
    drawn = bootstrap_means(np.array(list(differences.values())), resamples=resamples, rng=rng)
    return Paired(differences, dict(zip(differences, drawn, strict=True)))


def _rows(dataset: str, found: list[Paired], level: float) -> list[dict[str, Any]]:
    """The comparisons that all of some datasets have, pooled over them."""
    keys = [key for key in (found[0].differences if found else {}) if all(key in of.differences for of in found)]
    return [
        dict(zip(("strategy", "reference", "rule"), key, strict=True))
        | {"dataset": dataset, "seeds": min(len(of.differences[key]) for of in found)}
        | {"n": sum(of.differences[key].shape[1] for of in found)}
        | _tested([of.differences[key] for of in found], np.mean([of.drawn[key] for of in found], axis=0), level)
        for key in keys
    ]


def _tested(differences: list[Floats], drawn: Floats, level: float) -> dict[str, Any]:
    of: Difference = summarised(float(np.mean([values.mean() for values in differences])), drawn, level=level)
    row = {"difference": of.difference, "low": of.low, "high": of.high, "p": of.p, "test": "bootstrap"}
    items = np.concatenate([values.ravel() for values in differences])
    if all(len(values) == 1 for values in differences) and np.isin(items, (-1, 0, 1)).all():
        row |= {"p": mcnemar(items > 0, items < 0).p, "test": "mcnemar"}
    return row
