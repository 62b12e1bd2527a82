"""The best accuracy of every strategy with one or more layers removed: the paper's Table 1."""

import pandas as pd

from slim.report.tables.curves import at_rule, by_kind

COLUMNS = ["kind", "strategy", "dataset", "removed", "accuracy", "spread", "optimistic"]


def maxima(curves: pd.DataFrame) -> pd.DataFrame:
    """One row a strategy and dataset, means over seeds and draws.

    accuracy: test accuracy (fraction) at the depth k >= 1 that is best on validation; spread: its standard deviation
    removed: that depth
    optimistic: the largest test accuracy over k >= 1, chosen on the items it is reported on, as in the paper
    """
    run = ["kind", "strategy", "dataset", "seed", "draw"]
    largest = curves[curves["removed"] >= 1].groupby(run, as_index=False)["test_accuracy"].max()
    chosen = at_rule(curves, "best_accuracy").merge(largest, on=run, suffixes=("", "_max"))
    table = chosen.groupby(["kind", "strategy", "dataset"], as_index=False).agg(
        removed=("removed", "mean"),
        accuracy=("test_accuracy", "mean"),
        spread=("test_accuracy", "std"),
        optimistic=("test_accuracy_max", "mean"),
    )
    return by_kind(table, [], ["strategy", "dataset"])[COLUMNS]
