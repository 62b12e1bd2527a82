"""C6: accuracy over size."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from slim.report.claims._entry import entry
from slim.report.claims._forest import of_forest
from slim.report.claims._numbers import present, rounded
from slim.report.claims._paper import FACTOR
from slim.report.claims._reading import Reading
from slim.report.claims._rows import datasets_of, named, seeds_of
from slim.report.tables._format import times

SIZES = {"parameters": "ratio_parameters", "encoder parameters": "ratio_encoder", "bytes": "ratio"}
"""What size may mean -> the column of `results` that holds the ratio."""


def ratio(results: pd.DataFrame) -> dict[str, Any]:
    """C6: the mean over datasets of accuracy per size over the teacher's is at least 18.84, for any meaning of size.

    A ceiling is what removing all layers but one gives at equal accuracy.
    """
    forest, found = of_forest(results)
    columns = ["parameters", "encoder_parameters", "layers", "ratio_ceiling", *SIZES.values()]
    forest = forest.astype(dict.fromkeys(columns, "float64"))
    students, teachers = forest[forest["model"] == "distilled"], forest[forest["model"] == "teacher"]
    by_dataset = students.groupby("dataset")[list(SIZES.values())].mean().dropna()
    unsized = {d: ["ratios of accuracy to size"] for d in set(datasets_of(students)) - set(by_dataset.index)}

    def reached(datasets: Iterable[str]) -> list[str]:
        means = by_dataset.loc[list(datasets)].mean()
        return [size for size, column in SIZES.items() if round(means[column], 2) >= FACTOR]

    outcomes = {str(d): "reached" if reached([d]) else "below" for d in by_dataset.index}
    measured = {size: rounded(by_dataset[column].mean()) for size, column in SIZES.items()}
    ceilings = _ceilings(teachers) | {"bytes": rounded(students["ratio_ceiling"].mean())}
    listed = [f"{times(measured[size])} in {size} (layers alone reach {times(ceilings[size])})" for size in SIZES]
    return entry(
        "C6", f"distillation improves accuracy over size {FACTOR} times on average",
        Reading(outcomes, "reached", lambda of: bool(reached(of)), named(found | unsized)),
        seeds=seeds_of(students, outcomes), tie_rule="ratios are compared as printed, with two decimals",
        numbers={"claimed": FACTOR, "reached_in": reached(outcomes) if outcomes else [],
                 "measured": present(measured), "ceiling": present(ceilings)},
        says=f"the ratio is {FACTOR} or more", more=f"its mean is {', '.join(listed)}" if outcomes else "",
    )  # fmt: skip


def _ceilings(teachers: pd.DataFrame) -> dict[str, float]:
    """The ratio at equal accuracy with one layer left, mean over teachers, for each size that parameters tell."""
    removable = teachers["encoder_parameters"] * (teachers["layers"] - 1) / teachers["layers"]
    whole = teachers["parameters"] / (teachers["parameters"] - removable)
    return {"parameters": rounded(whole.mean()), "encoder parameters": rounded(teachers["layers"].mean())}
