"""Which strategies rank apart, and which cannot be told from one another (Demsar 2006, JMLR 7)."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from slim.report.figures._matrix import NAMES, Row, down
from slim.report.figures._sheet import Room, absent, sheet
from slim.report.figures._style import COLOURS, GREY, INK, styled
from slim.report.tables._format import number, words
from slim.report.tables.ranks import groups

LINE, ACROSS, BAR = 0.22, 5.2, 0.13
NOTE = "Mean rank of test accuracy over {blocks}: 1 is best, the oracle does not compete."


@styled
def ranks(table: pd.DataFrame) -> Figure:
    """Critical-difference diagram of the table `ranks`, a row a strategy, the best on top.

    A vertical bar joins strategies whose mean ranks differ by less than the critical difference, which a ruler at
    the top shows. With one block there is none, and the figure says so.
    """
    table = table[table["mean_rank"].notna()]
    if table.empty:
        return absent("ranks were")
    table = table.sort_values(["mean_rank", "strategy"], kind="stable").reset_index(drop=True)
    joined = groups(table)
    room = Room(NAMES, 0.5 + BAR * max(len(joined), 1), 0.35, 0.1)
    figure, (axes,) = sheet([""], (ACROSS, LINE * len(table)), room, note=_note(table))
    strategies = int(table["strategies"].iloc[0])
    axes.set_xlim(1 - 0.03 * strategies, strategies * 1.03)
    axes.set_xticks([1, *range(5, strategies + 1, 5)] if strategies > 8 else range(1, strategies + 1))
    for place, (_, row) in enumerate(table.iterrows()):
        colour = COLOURS[row["family"]]
        axes.plot([1, row["mean_rank"]], [place, place], color=GREY, linewidth=0.8, zorder=1)
        axes.plot(row["mean_rank"], place, "o", color=colour, markersize=6, zorder=3)
        beside: Any = {"xytext": (6, 0), "textcoords": "offset points", "va": "center", "fontsize": 8}
        axes.annotate(number(row["mean_rank"], ".1f"), (row["mean_rank"], place), color=colour, **beside)
    _names(axes, [(row["family"], row["strategy"]) for _, row in table.iterrows()])
    order = {strategy: place for place, strategy in enumerate(table["strategy"])}
    for place, group in enumerate(joined):
        rows = sorted(order[strategy] for strategy in group)
        x = 1 + (0.4 + BAR * place) / ACROSS
        ends = [rows[0] - 0.25, rows[-1] + 0.25]
        axes.plot([x, x], ends, color=INK, linewidth=2.6, transform=axes.get_yaxis_transform(), clip_on=False)
    if joined:
        _ruler(axes, table["critical_difference"].iloc[0])
    return figure


def _note(table: pd.DataFrame) -> str:
    first = table.iloc[0]
    blocks = int(first["blocks"])
    said = NOTE.format(blocks=f"{blocks} pairs of dataset and seed" if blocks > 1 else "one dataset and seed")
    if pd.isna(first["critical_difference"]):
        return f"{said} So few blocks have no critical difference: nothing here tells strategies apart."
    p = first["friedman_p"]
    level = "< 0.001" if p < 0.001 else f"= {p:.3f}"
    chance = "" if pd.isna(p) else f" Friedman's test that all are alike: p {level}."
    return (
        f"{said} Bars on the right join strategies that differ by less than Nemenyi's critical difference (CD, alpha "
        f".05).{chance}"
    )


def _names(axes: Axes, rows: list[Row]) -> None:
    down(axes, [words(strategy) for _, strategy in rows], [COLOURS[family] for family, _ in rows])
    axes.xaxis.tick_top()
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.spines["top"].set_visible(True)


def _ruler(axes: Axes, difference: float) -> None:
    """The critical difference in the units of the axis, above it; an arrow where it is longer than the axis."""
    low, high = axes.get_xlim()
    fits = 1 + difference <= high
    ends = [1, 1 + difference if fits else high]
    y = 1 + 0.42 / (LINE * len(axes.get_yticks()))
    up = axes.get_xaxis_transform()
    axes.plot(ends, [y, y], color=INK, linewidth=1.4, transform=up, clip_on=False)
    for end, mark in zip(ends, ["|", "|" if fits else ">"], strict=True):
        axes.plot(end, y, mark, color=INK, markersize=6, transform=up, clip_on=False)
    said = f"CD {number(difference, '.1f')}"
    axes.text(ends[1] + 0.015 * (high - low), y, said, transform=up, va="center", fontsize=8, clip_on=False)
