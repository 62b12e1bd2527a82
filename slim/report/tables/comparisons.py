"""Paired differences of accuracy, with intervals, corrected p-values and verdicts: of recipes and of strategies."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from slim.evaluation.bootstrap import bootstrap_means, summarize
from slim.evaluation.rank_tests import holm
from slim.report.read import Correct
from slim.report.tables.curves import at_rule
from slim.subsets.lattice import Lattice, mask_of

Floats = NDArray[np.float64]
Key = tuple[str, ...]
FEWEST_SEEDS = 3
"""With fewer, a difference is a reading: it has an interval, but no p-value and no verdict."""
ALL = "all"
"""The dataset of rows that pool the datasets, each counting alike."""
MEASURED = ["difference", "low", "high", "p", "p_holm", "verdict", "stable", "seeds", "n"]
RULES = ("half", "best_accuracy")
REFERENCES = ("random_forest", "greedy")


def paired(
    differences: Mapping[str, Mapping[Key, Floats]], names: Sequence[str], *, resamples: int, level: float
) -> pd.DataFrame:
    """One row a dataset (and ALL) and key: columns `dataset`, `names` of the parts of a key, MEASURED.

    differences: dataset -> key -> [seeds, n], correctness of one model minus that of another on each test item
    difference, low, high: mean (fraction) and its bootstrap interval over seeds and items; ALL takes the datasets as
        given, and has the keys that every dataset has
    p, p_holm: two-sided bootstrap p-value, and corrected for the rows that share all but the first part of the key
    verdict: better or worse where the interval leaves out zero and p_holm < 1 - level, else undecided
    stable: whether the verdict stays the same whichever seed is left out
    seeds, n: seeds of the dataset, the fewest in ALL; test items, their sum in ALL
    p, p_holm, verdict and stable are missing with fewer than FEWEST_SEEDS seeds.
    """
    how = (names, resamples, level)
    table = _paired(differences, FEWEST_SEEDS, *how)
    others = [
        _paired(_without(seed, differences), FEWEST_SEEDS - 1, *how)["verdict"]
        for seed in range(table["seeds"].max() if table["verdict"].notna().any() else 0)
    ]
    same = pd.Series(np.all([other == table["verdict"] for other in others], axis=0) if others else True, table.index)
    table["stable"] = same.astype("object").where(table["verdict"].notna())
    return table[["dataset", *names, *MEASURED]]


def _without(seed: int, differences: Mapping[str, Mapping[Key, Floats]]) -> dict[str, dict[Key, Floats]]:
    return {dataset: {key: np.delete(table, seed, axis=0) for key, table in of.items()}
            for dataset, of in differences.items()}  # fmt: skip


def _paired(
    differences: Mapping[str, Mapping[Key, Floats]], fewest: int, names: Sequence[str], resamples: int, level: float
) -> pd.DataFrame:
    """The table without `stable`; p-values and verdicts of rows that have at least so many seeds."""
    drawn = {}
    for number, (dataset, of) in enumerate(sorted(differences.items())):
        rng = np.random.default_rng([0, number])
        replicates = bootstrap_means(np.array(list(of.values())), resamples=resamples, rng=rng) if of else np.empty(0)
        drawn[dataset] = dict(zip(of, replicates, strict=True))
    groups = [*([dataset] for dataset in drawn), list(drawn)]
    labels = [*drawn, ALL]
    rows = [
        {"dataset": label}
        | dict(zip(names, key, strict=True))
        | _row(key, datasets, differences, drawn, fewest, level)
        for label, datasets in zip(labels, groups, strict=True)
        for key in (drawn[datasets[0]] if datasets else {})
        if all(key in drawn[dataset] for dataset in datasets)
    ]
    measured = [name for name in MEASURED if name not in ("verdict", "stable")]
    table = pd.DataFrame(rows, columns=["dataset", *names, *measured])
    return _judged(table.astype({"p": "float64", "p_holm": "float64"}), ["dataset", *names[1:]], level)


def _row(key: Key, datasets: list[str], differences: Any, drawn: Any, fewest: int, level: float) -> dict[str, Any]:
    tables = [differences[dataset][key] for dataset in datasets]
    replicates = np.mean([drawn[dataset][key] for dataset in datasets], axis=0)
    interval = summarize(float(np.mean([table.mean() for table in tables])), replicates, level=level)
    seeds = min(len(table) for table in tables)
    row = interval._asdict() | {"seeds": seeds, "n": sum(table.shape[1] for table in tables)}
    return row | ({} if seeds >= fewest else {"p": None})


def _judged(table: pd.DataFrame, by: list[str], level: float) -> pd.DataFrame:
    tested = table["p"].notna()
    for _, rows in table[tested].groupby(by):
        table.loc[rows.index, "p_holm"] = holm(list(rows["p"]))
    sure = table["p_holm"] < 1 - level
    verdict = np.select([sure & (table["low"] > 0), sure & (table["high"] < 0)], ["better", "worse"], "undecided")
    table["verdict"] = pd.Series(verdict, index=table.index, dtype="object").where(tested)
    return table


AGAINST = ("teacher", "from", "control", "baseline")
"""What a recipe is compared with: the teacher, the model it starts from, its control, the best baseline."""


def comparisons(results: pd.DataFrame, correct: Correct, *, resamples: int, level: float) -> pd.DataFrame:
    """Every recipe against AGAINST (see `paired`); `reference` names the other model.

    The best baseline of a dataset is the one most accurate on validation there; where datasets differ, the row of ALL
    has the reference `best_baseline`. A recipe that starts from the teacher has no row `from`.
    """
    differences: dict[str, dict[Key, Floats]] = {}
    references: dict[tuple[str, ...], str] = {}
    for dataset, rows in results.groupby("dataset"):
        models, right = rows.drop_duplicates("recipe").set_index("recipe"), correct[str(dataset)]
        best = best_baseline(rows)
        differences[str(dataset)] = {}
        for recipe, row in models.iterrows():
            if recipe == "teacher":
                others = {"baseline": best}
            else:
                others = {"teacher": "teacher", "from": row["from"], "control": row["control"], "baseline": best}
            for against, other in others.items():
                if pd.isna(other) or other == recipe or (against, other) == ("from", "teacher"):
                    continue
                differences[str(dataset)][str(recipe), against] = right[str(recipe)] - right[str(other)]
                references[str(dataset), str(recipe), against] = str(other)
                pooled = references.setdefault((ALL, str(recipe), against), str(other))
                references[ALL, str(recipe), against] = str(other) if pooled == other else "best_baseline"
    table = paired(differences, ["recipe", "against"], resamples=resamples, level=level)
    keys = table[["dataset", "recipe", "against"]].itertuples(index=False, name=None)
    table.insert(3, "reference", [references[key] for key in keys])
    return table


def best_baseline(rows: pd.DataFrame) -> str | None:
    """The baseline with the highest validation accuracy, mean over seeds; None without any."""
    of = rows[rows["stage"] == "baseline"].groupby("recipe", sort=False)["validation_accuracy"].mean().dropna()
    return str(of.idxmax()) if len(of) else None


def strategy_comparisons(
    curves: pd.DataFrame, lattices: Mapping[str, Lattice], *, resamples: int, level: float
) -> pd.DataFrame:
    """Every strategy against REFERENCES (see `paired`), from the table `curves` and its lattices by run.

    rule: where they meet, `half` of the layers or the depth each is best at on validation (`at_rule`); draws of one
    strategy are averaged. A strategy that lacks a seed of a dataset is not compared there.
    """
    differences: dict[str, dict[Key, Floats]] = {}
    for dataset, of_dataset in curves.groupby("dataset"):
        seeds = sorted(of_dataset["seed"].unique())
        own = {seed: lattices[f"{dataset}/{seed}"] for seed in seeds}
        right = {
            (str(strategy), rule): np.array([_correct(rows[rows["seed"] == s], own[s]) for s in seeds])
            for rule in RULES
            for strategy, rows in at_rule(of_dataset, rule).groupby("strategy")
            if set(rows["seed"]) == set(seeds)
        }
        differences[str(dataset)] = {
            (strategy, reference, rule): of - right[reference, rule]
            for (strategy, rule), of in right.items()
            for reference in REFERENCES
            if strategy != reference and (reference, rule) in right
        }
    return paired(differences, ["strategy", "reference", "rule"], resamples=resamples, level=level)


def _correct(rows: pd.DataFrame, lattice: Lattice) -> Floats:
    """[n]: fraction of draws that classify each test item correctly."""
    masks = [mask_of(list(map(int, kept.split("-")))) for kept in rows["kept"]]
    means: Floats = np.mean([lattice.correct(mask, "test") for mask in masks], axis=0, dtype=np.float64)
    return means
