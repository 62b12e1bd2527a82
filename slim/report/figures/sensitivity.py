"""How much does each choice of definition move the order, and what does it cost?"""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from slim.report.figures._matrix import down, rows_of
from slim.report.figures._sheet import QUIET, Room, absent, sheet
from slim.report.figures._style import COLOURS, GREY, styled
from slim.report.tables._format import number, words

NAMES, LINE = 3.75, 0.19
NOTE = (
    "Test regret (percentage points below the best subset of each size, mean over sizes and seeds) when one choice is "
    "changed: hollow as it is, full with the change. Right: Kendall's τ between the two orders of removal, 1 for the "
    "same order."
)


@styled
def sensitivity(table: pd.DataFrame) -> Figure:
    """The table `sensitivity` as dumbbells: a panel a dataset, a row a changed option of a strategy."""
    found = table[table["test_regret"].notna() & table["default_regret"].notna()]
    if found.empty:
        return absent("regret of other definitions was")
    datasets, rows = sorted(found["dataset"].unique()), _rows(found)
    figure, panels = sheet(datasets, (2.2, LINE * len(rows)), Room(0.15, 0.55, 0.06, 0.55), note=NOTE, names=NAMES)
    for axes, dataset in zip(panels, datasets, strict=True):
        _panel(axes, found[found["dataset"] == dataset], rows)
    return figure


Key = tuple[str, str, str, str, str]
"""Family, strategy, option, value in use, other value."""


def _rows(found: pd.DataFrame) -> list[Key]:
    found = found.astype(dict.fromkeys(["option", "default", "value"], str))
    keys: list[Key] = []
    for family, strategy in rows_of(found):
        of = found[found["strategy"] == strategy]
        changes = of[["option", "default", "value"]].drop_duplicates().itertuples(index=False)
        keys += [(family, strategy, *change) for change in sorted(tuple(change) for change in changes)]
    return keys


def _panel(axes: Axes, found: pd.DataFrame, rows: list[Key]) -> None:
    groups = found.astype({"value": str}).groupby(["strategy", "option", "value"])
    known: Any = groups[["tau", "test_regret", "default_regret"]].mean().to_dict("index")
    for place, (family, strategy, option, _, value) in enumerate(rows):
        if place and rows[place - 1][1] != strategy:
            axes.axhline(place - 0.5, color=GREY, linewidth=0.5, zorder=0)
        if (strategy, option, value) in known:
            _dumbbell(axes, place, known[strategy, option, value], COLOURS[family])
    down(axes, [_name(row) for row in rows], [COLOURS[row[0]] for row in rows], fontsize=8)
    axes.text(1.03, -1, "τ", transform=axes.get_yaxis_transform(), color=QUIET, va="center", fontsize=8)
    axes.set_xlabel("test regret (points)")
    axes.set_xlim(left=min(0.0, axes.get_xlim()[0]))
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    axes.spines["left"].set_visible(False)


def _dumbbell(axes: Axes, place: int, row: Any, colour: str) -> None:
    before, after = 100 * row["default_regret"], 100 * row["test_regret"]
    axes.plot([before, after], [place, place], color=colour, linewidth=1.6, alpha=0.5, zorder=1)
    axes.plot(before, place, "o", color=colour, markerfacecolor="white", markersize=5.5, zorder=2)
    axes.plot(after, place, "o", color=colour, markersize=4, zorder=3)
    said = number(row["tau"], ".2f")
    axes.text(1.03, place, said, transform=axes.get_yaxis_transform(), color=colour, va="center", fontsize=7.5)


def _name(row: Key) -> str:
    _, strategy, option, default, value = row
    return f"{words(strategy)} · {words(option)}: {words(default)} → {words(value)}"
