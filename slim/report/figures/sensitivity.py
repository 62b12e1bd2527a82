"""How much does each choice of definition move the order, and what does it cost?"""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from slim.report.figures.style import COLOURS, QUIET, name_rows, panels
from slim.report.numbers import number, words

NOTE = (
    "Test regret (points below the best subset of each size, mean over sizes and seeds) when one choice is changed: "
    "hollow as it is, full with the change. Right: Kendall's τ between the two orders of removal, 1 for the same."
)
KEY = ["strategy", "option", "default", "value"]


def sensitivity(table: pd.DataFrame) -> Figure:
    """The table `sensitivity` as dumbbells: a panel a dataset, a row a changed option of a strategy."""
    known = table[table["test_regret"].notna() & table["default_regret"].notna()].astype(dict.fromkeys(KEY, str))
    datasets, rows = sorted(known["dataset"].unique()), known[["kind", *KEY]].drop_duplicates().to_dict("records")
    figure, grid = panels(datasets, (4.6, 0.7 + 0.19 * len(rows)), note=NOTE, share=True)
    labels = [f"{row['strategy']} · {row['option']}: {row['default']} → {row['value']}" for row in rows]
    colours = [COLOURS[str(row["kind"])] for row in rows]
    for axes, dataset in zip(grid, datasets, strict=True):
        groups = known[known["dataset"] == dataset].groupby(KEY)
        means = groups[["tau", "test_regret", "default_regret"]].mean().to_dict("index")
        for place, (row, colour) in enumerate(zip(rows, colours, strict=True)):
            values = means.get(tuple(row[key] for key in KEY))
            if values:
                dumbbell(axes, place, values["default_regret"], values["test_regret"], colour)
                axes.text(1.02, place, number(values["tau"], ".2f"), transform=axes.get_yaxis_transform(),
                          color=colour, va="center", fontsize=7.5)  # fmt: skip
        finish(axes, "τ")
        name_rows(axes, labels, colours)
    return figure


def dumbbell(axes: Axes, place: int, before: float, after: float, colour: str) -> None:
    """Two regrets (shares), joined: hollow before, full after."""
    axes.plot([100 * before, 100 * after], [place, place], color=colour, linewidth=1.6, alpha=0.5, zorder=1)
    axes.plot(100 * before, place, "o", color=colour, markerfacecolor="white", markersize=5.5, zorder=2)
    axes.plot(100 * after, place, "o", color=colour, markersize=4, zorder=3)


def finish(axes: Axes, right: str) -> None:
    """Ticks and labels of dumbbells; `right`: what the numbers right of them are."""
    over: Any = axes.get_yaxis_transform()
    axes.text(1.02, -1, words(right), transform=over, color=QUIET, va="center", fontsize=8)
    axes.set_xlabel("test regret (points)")
    axes.set_xlim(left=min(0.0, axes.get_xlim()[0]))
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    axes.spines["left"].set_visible(False)
