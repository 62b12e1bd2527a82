"""How much test accuracy every strategy leaves on the table at each depth."""

import pandas as pd

from slim.report.tables.curves import FAMILIES


def regret(curves: pd.DataFrame) -> pd.DataFrame:
    """Mean test regret (share) over seeds and draws: accuracy of the best subset of that size minus the strategy's.

    One row a strategy and number of layers removed (k >= 1), one column a dataset, and their mean, which is missing
    unless the strategy was measured on all of them.
    """
    found = curves[curves["removed"] >= 1]
    keys = ["family", "strategy", "removed"]
    cells = found.groupby([*keys, "dataset"])["test_regret"].mean()
    table = cells.unstack("dataset")
    table["mean"] = table.mean(axis=1, skipna=False)
    table = table.reset_index().rename_axis(columns=None)
    place = table["family"].map({family: i for i, family in enumerate(FAMILIES)})
    table = table.assign(_place=place).sort_values(["_place", "strategy", "removed"])
    return table.drop(columns="_place").reset_index(drop=True)
