"""Is it worth measuring signals again after every removal?"""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from slim.report.figures._matrix import NAMES, Row, down, rows_of
from slim.report.figures._sheet import QUIET, Room, absent, sheet
from slim.report.figures._style import COLOURS, GREY, INK, several, styled
from slim.report.tables._format import interval, number, points, words

LINE, ONCE, AGAIN = 0.2, "one_shot_regret", "iterative_regret"
POOLED = "all"
"""The family of the rows that pool strategies."""
NOTE = (
    "Test regret (percentage points below the best subset of each size, mean over sizes{seeds}) without recovery. "
    "Right: Kendall's τ between the two orders of removal, 1 for the same order, and the change of regret, below zero "
    "where measuring again helps, with its bootstrap interval over test items{intervals}."
)


@styled
def schedules(table: pd.DataFrame) -> Figure:
    """The table `schedules` as dumbbells: a panel a dataset, a row a strategy, the means of each kind on top."""
    found = table[table[ONCE].notna() & table[AGAIN].notna()]
    if found.empty:
        return absent("regret of both schedules was")
    datasets, rows = sorted(found["dataset"].unique()), _rows(found)
    seeds = (" and seeds", ", mean of the seeds' intervals") if several(found) else ("", "")
    figure, panels = sheet(
        datasets, (2.3, LINE * len(rows)), Room(0.15, 2.0, 0.06, 0.55), names=NAMES,
        note=NOTE.format(seeds=seeds[0], intervals=seeds[1]), handles=_key(),
    )  # fmt: skip
    for axes, dataset in zip(panels, datasets, strict=True):
        _panel(axes, found[found["dataset"] == dataset], rows)
    return figure


def _key() -> list[Line2D]:
    looks: dict[str, Any] = {
        "signals of the intact model decide all removals": {"markerfacecolor": "white", "markersize": 5},
        "signals are measured again after every removal": {"markersize": 4},
    }
    return [Line2D([], [], color=INK, marker="o", linestyle="", label=said, **look) for said, look in looks.items()]


def _rows(found: pd.DataFrame) -> list[Row]:
    """What pools strategies, then family after family, the least regret of one measurement first."""
    pooled = found["family"] == POOLED
    return [(POOLED, str(name)) for name in dict.fromkeys(found.loc[pooled, "strategy"])] + rows_of(
        found[~pooled], ONCE
    )


def _panel(axes: Axes, found: pd.DataFrame, rows: list[Row]) -> None:
    columns = ["tau", ONCE, AGAIN, "difference", "difference_low", "difference_high"]
    known: Any = found.groupby(["family", "strategy"])[columns].mean().to_dict("index")
    colours = [COLOURS.get(family, INK) for family, _ in rows]
    for place, (row, colour) in enumerate(zip(rows, colours, strict=True)):
        if place and rows[place - 1][0] != row[0]:
            between = "#999999" if rows[place - 1][0] == POOLED else GREY
            axes.axhline(place - 0.5, color=between, linewidth=0.6, zorder=0)
        if row in known:
            _dumbbell(axes, place, known[row], colour, pooled=row[0] == POOLED)
    down(axes, [f"mean of {name}" if family == POOLED else words(name) for family, name in rows], colours)
    for at, said in ((1.04, "τ"), (1.24, "change")):
        axes.text(at, -1, said, transform=axes.get_yaxis_transform(), color=QUIET, va="center", fontsize=8)
    axes.set_xlabel("test regret (points), less is better")
    axes.set_xlim(left=min(0.0, axes.get_xlim()[0]))
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    axes.spines["left"].set_visible(False)


def _dumbbell(axes: Axes, place: int, row: Any, colour: str, *, pooled: bool) -> None:
    once, again, size = 100 * row[ONCE], 100 * row[AGAIN], 6.5 if pooled else 5
    axes.plot([once, again], [place, place], color=colour, linewidth=1.6, alpha=0.5, zorder=1)
    axes.plot(once, place, "o", color=colour, markerfacecolor="white", markersize=size, zorder=2)
    axes.plot(again, place, "o", color=colour, markersize=size - 1.2, zorder=3)
    for at, said in ((1.04, number(row["tau"], ".2f")), (1.24, _change(row))):
        axes.text(
            at, place, said, transform=axes.get_yaxis_transform(), color=colour, va="center", fontsize=7.5,
            fontweight="bold" if pooled else "normal",
        )  # fmt: skip


def _change(row: Any) -> str:
    """`none` where every test item is answered alike."""
    ends = row["difference_low"], row["difference_high"]
    if ends == (0, 0):
        return "none"
    return f"{points(row['difference'])} {interval(*ends, points)}".strip()
