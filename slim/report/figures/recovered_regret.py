"""What is a strategy's choice worth once its layers have been trained again?"""

import pandas as pd
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure

from slim.report.figures._budgets import in_order, two_lines
from slim.report.figures._matrix import LINE, NAMES, cells, head, matrix, rows_of, side
from slim.report.figures._sheet import Room, absent, sheet
from slim.report.figures._style import styled
from slim.report.tables._format import number

RAW, TOLD = "raw", "recovered_greedy"
CELL = 0.62
NOTE = (
    "Test regret (percentage points below the best set of the same size) of each strategy's layers, before training "
    "and after each budget of it, mean over seeds and draws. Dark: far below. Signals are those of the intact model, "
    "fusions learned from raw accuracy; recovered greedy from accuracies after the very budget."
)


@styled
def recovered_regret(table: pd.DataFrame) -> Figure:
    """The table `recovered_regret`: a panel a dataset and number of removed layers, each with its budgets.

    A row a strategy in its one-shot form, the least regret before training first in its family; what learned from
    recovered accuracies, recovered_greedy aside, is left to the table.
    """
    found = _drawn(table)
    if found.empty:
        return absent("regret after recovery was")
    keys = found[["dataset", "removed"]].drop_duplicates().sort_values(["dataset", "removed"])
    places = [(str(dataset), int(removed)) for dataset, removed in keys.itertuples(index=False)]
    budgets = in_order(found, ["dataset", "removed"])
    rows = rows_of(found.assign(raw=found["test_regret"].where(found["budget"] == budgets[0])), "raw")
    under = [f"{removed} layer{'' if removed == 1 else 's'} removed" for _, removed in places]
    parts = [found[(found["dataset"] == dataset) & (found["removed"] == removed)] for dataset, removed in places]
    known = [[budget for budget in budgets if (of["budget"] == budget).any()] for of in parts]
    figure, panels = sheet(
        [dataset for dataset, _ in places], ([CELL * len(own) for own in known], LINE * len(rows)),
        Room(0.1, 0.15, 0.36, 0.25), under=under, note=NOTE, names=NAMES,
        together=found.groupby("dataset")["removed"].nunique().max(),
    )  # fmt: skip
    norm = PowerNorm(0.4, vmin=0, vmax=max(100 * found["test_regret"].max(), 1e-9), clip=True)
    for axes, of, own in zip(panels, parts, known, strict=True):
        values = 100 * cells(of, rows, own, "budget", "test_regret")
        matrix(axes, values, norm, lambda value: number(value, ".1f"))
        head(axes, [two_lines(budget) for budget in own], fontsize=7.5, linespacing=1.05)
        side(axes, rows)
    return figure


def _drawn(table: pd.DataFrame) -> pd.DataFrame:
    """Each strategy as it is by default, and recovered_greedy at the budget that it learned from."""
    target = table["target"].fillna("")
    told = (table["strategy"] == TOLD) & (target == table["budget"])
    default = (table["strategy"] != TOLD) & target.isin(["", RAW])
    return table[(told | default) & (table["schedule"] == "one_shot") & table["test_regret"].notna()]
