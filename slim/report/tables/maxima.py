"""The best accuracy of every strategy over one or more layers removed: the paper's Table 1, and its honest twin."""

import pandas as pd

from slim.report.tables.curves import FAMILIES

COLUMNS = [
    "family", "strategy", "dataset", "values", "removed", "accuracy", "spread",
    "optimistic", "optimistic_spread", "mean", "mean_optimistic",
]  # fmt: skip


def maxima(curves: pd.DataFrame) -> pd.DataFrame:
    """One row a strategy and dataset.

    accuracy: test accuracy at the depth k >= 1 that is best on validation (ties: fewer layers), the
        headline; mean over seeds and, for random, draws
    removed: that depth, mean
    optimistic: the largest test accuracy over k >= 1, chosen on the very items it is reported on
    spread, optimistic_spread: standard deviation over the `values` seeds and draws; missing when there is one
    mean, mean_optimistic: over datasets; missing unless the strategy was measured on all of them
    """
    pruned = curves[curves["removed"] >= 1]
    run = ["family", "strategy", "dataset", "seed", "draw"]
    chosen = pruned.sort_values(
        [*run, "validation_accuracy", "removed"], ascending=[True] * len(run) + [False, False]
    ).drop_duplicates(run)
    chosen = chosen.merge(pruned.groupby(run, as_index=False)["test_accuracy"].max(), on=run, suffixes=("", "_max"))
    table = chosen.groupby(["family", "strategy", "dataset"], as_index=False).agg(
        values=("test_accuracy", "size"),
        removed=("removed", "mean"),
        accuracy=("test_accuracy", "mean"),
        spread=("test_accuracy", "std"),
        optimistic=("test_accuracy_max", "mean"),
        optimistic_spread=("test_accuracy_max", "std"),
    )
    for column, source in {"mean": "accuracy", "mean_optimistic": "optimistic"}.items():
        table[column] = _mean_over_datasets(table, source)
    place = table["family"].map({family: i for i, family in enumerate(FAMILIES)})
    table = table.assign(_place=place).sort_values(["_place", "strategy", "dataset"])
    return table[COLUMNS].reset_index(drop=True)


def _mean_over_datasets(table: pd.DataFrame, column: str) -> "pd.Series[float]":
    found = table.groupby("strategy")[column]
    return found.transform("mean").where(found.transform("count") == table["dataset"].nunique())
