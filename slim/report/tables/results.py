"""Every measured model: a row a dataset, seed and recipe, and the means of each recipe over seeds."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from slim.evaluation.bootstrap import bootstrap_means, percentiles
from slim.report.read import Correct

COLUMNS = [
    "dataset", "seed", "recipe", "stage", "method", "from", "control", "order", "layers", "kept", "n", "accuracy",
    "accuracy_low", "accuracy_high", "validation_accuracy", "macro_f1", "nll", "calibration_error", "parameters",
    "bytes", "ratio", "precision", "max_tokens", "truncated", "reload_difference",
]  # fmt: skip
COUNTS = ["seed", "layers", "n", "parameters", "bytes", "max_tokens"]
KEYS = ["dataset", "seed", "recipe"]


def results(records: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """One row a record, in the order given within a dataset and seed; what a record lacks is missing in its row.

    COLUMNS first, then whatever else was measured, by name. Raises ValueError for a record without its KEYS.
    """
    records = [{key: value for key, value in record.items() if np.isscalar(value)} for record in records]
    for record in records:
        if absent := [key for key in KEYS if key not in record]:
            raise ValueError(f"a record of the results has no {', '.join(absent)}: {record}")
    more = sorted({key for record in records for key in record} - set(COLUMNS))
    table = pd.DataFrame(records).reindex(columns=[*COLUMNS, *more]).astype(dict.fromkeys(COUNTS, "Int64"))
    return table.sort_values(["dataset", "seed"], kind="stable").reset_index(drop=True)


NAMES = ["stage", "from", "control", "order"]
MEANS = ["layers", "accuracy", "validation_accuracy", "parameters", "bytes", "ratio"]
RECIPES = [
    "dataset", "recipe", "stage", "from", "control", "order", "seeds", "layers", "accuracy", "low", "high",
    "validation_accuracy", "parameters", "bytes", "ratio",
]  # fmt: skip


def recipes(results: pd.DataFrame, correct: Correct, *, resamples: int, level: float) -> pd.DataFrame:
    """One row a dataset and recipe, means over seeds; and, as dataset `all`, means over datasets, which count alike.

    low, high: bootstrap interval of the accuracy over seeds and test items, missing in `all`.
    """
    names = list(dict.fromkeys(results["recipe"]))
    groups = results.groupby(["dataset", "recipe"])
    table = groups[MEANS].mean().astype("float64")
    table[NAMES] = groups[NAMES].first()
    table["seeds"] = groups["seed"].nunique()
    intervals = pd.DataFrame(_intervals(correct, resamples, level)).set_index(["dataset", "recipe"])
    table = table.join(intervals).reset_index()
    pooled = table.drop(columns=["low", "high"]).groupby("recipe").agg(
        dict.fromkeys(MEANS, lambda values: values.mean(skipna=False))
        | dict.fromkeys(NAMES, "first") | {"seeds": "min"}
    )  # fmt: skip
    table = pd.concat([table, pooled.reset_index().assign(dataset="all")], ignore_index=True)
    place = {name: i for i, name in enumerate(names)}
    table = table.assign(_pooled=table["dataset"] == "all", _place=table["recipe"].map(place))
    return table.sort_values(["_pooled", "dataset", "_place"])[RECIPES].reset_index(drop=True)


def _intervals(correct: Correct, resamples: int, level: float) -> Iterable[dict[str, Any]]:
    for number, (dataset, of) in enumerate(sorted(correct.items())):
        rng = np.random.default_rng([1, number])
        replicates = bootstrap_means(np.array(list(of.values())), resamples=resamples, rng=rng)
        for recipe, drawn in zip(of, replicates, strict=True):
            low, high = percentiles(drawn, level)
            yield {"dataset": dataset, "recipe": recipe, "low": low, "high": high}
