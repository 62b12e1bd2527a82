"""Does it still matter, after a little training, which layers stay, or is the difference chance?"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke

from slim.report.figures._budgets import in_order, two_lines
from slim.report.figures._sheet import Room, absent, sheet
from slim.report.figures._style import GREY, INK, several, styled
from slim.report.tables._format import number

ALPHA = 0.05
"""Of Cochran's test."""
SLOT, HIGH, BAND = 0.62, 1.75, "#E6E6E6"
"""Inches a budget, inches of a panel, and the shade of chance."""
MEASURED, CHANCE = "spread", "paired_noise"
FLOOR = 0.1
"""Points; what is less stands there, on a scale that has no zero."""
TICKS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50]
NOTE = (
    "Spread (standard deviation) of test accuracy between sets of as many layers, in percentage points on a "
    "logarithmic scale, before training and after each budget of it{seeds}. Right: how many times chance the last one "
    "is. Below each budget: test accuracy (%) of the worst set and of the best. Chance is which test items were "
    "drawn; another order of the training data is not in it."
)


@styled
def noise(table: pd.DataFrame) -> Figure:
    """The table `noise`: a panel a dataset and number of retained layers, a column a budget that trained such sets.

    The spread between sets is a line, above the shade of what equally good sets would show by chance; both are means
    over seeds, whose own spreads are ticks. Marks are hollow where Cochran's test finds no difference in some seed.
    """
    if table.empty:
        return absent("the spread between sets was")
    budgets = in_order(table, ["dataset", "seed", "layers"])
    keys = table[["dataset", "layers"]].drop_duplicates().sort_values(["dataset", "layers"])
    places = [(str(dataset), int(layers)) for dataset, layers in keys.itertuples(index=False)]
    found = [table[(table["dataset"] == dataset) & (table["layers"] == layers)] for dataset, layers in places]
    known = [[budget for budget in budgets if (of["budget"] == budget).any()] for of in found]
    points = 100 * table[[MEASURED, CHANCE]].to_numpy(dtype=float)
    low = max(points.min(), FLOOR) / 2.6
    figure, panels = sheet(
        [dataset for dataset, _ in places], ([SLOT * len(of) for of in known], HIGH), Room(0.1, 0.3, 0.06, 0.6),
        under=[f"{layers} layer{'' if layers == 1 else 's'} stay{'s' * (layers == 1)}" for _, layers in places],
        names=0.5, together=table.groupby("dataset")["layers"].nunique().max(),
        note=NOTE.format(seeds=", mean over seeds; ticks: single seeds" if several(table) else ""),
        handles=_key(table),
    )  # fmt: skip
    for axes, of, own in zip(panels, found, known, strict=True):
        axes.set(yscale="log", ylim=(low, 2.3 * max(points.max(), 1.0)), xlim=(-0.5, len(own) - 0.5))
        _panel(axes, of, own)
    return figure


def _key(table: pd.DataFrame) -> list[Line2D | Patch]:
    key: list[Line2D | Patch] = [
        Line2D([], [], color=INK, marker="o", markersize=5, label="measured between the sets"),
        Patch(facecolor=BAND, edgecolor="#777777", label="by chance, if all sets were equally good"),
    ]
    unsure = Line2D([], [], color=INK, marker="o", markersize=5, markerfacecolor="white", linestyle="")
    unsure.set_label(f"not shown to differ{' in some seed' if several(table) else ''} (Cochran's test)")
    return [*key, *([unsure] if (table["p"] >= ALPHA).any() else [])]


def _panel(axes: Axes, table: pd.DataFrame, budgets: list[str]) -> None:
    by_budget = table.groupby("budget")
    means = by_budget[[MEASURED, CHANCE, "worst", "best"]].mean().loc[budgets] * 100
    unsure = by_budget["p"].max().loc[budgets] >= ALPHA
    at = np.arange(len(budgets))
    measured, chance = (means[name].clip(lower=FLOOR).to_numpy() for name in (MEASURED, CHANCE))
    wide, level = [-0.34, *at, len(at) - 0.66], [chance[0], *chance, chance[-1]]
    axes.fill_between(wide, axes.get_ylim()[0], level, color=BAND, linewidth=0, zorder=0)
    axes.plot(wide, level, color="#777777", linewidth=0.9, zorder=1)
    axes.plot(at, measured, color=INK, linewidth=1.4, zorder=2)
    for place, budget in enumerate(budgets):
        fill = "white" if unsure[budget] else INK
        axes.plot(place, measured[place], "o", color=INK, markerfacecolor=fill, markersize=5, zorder=4)
        if several(table):
            own = (100 * table.loc[table["budget"] == budget, MEASURED]).clip(lower=FLOOR)
            axes.plot(np.full(len(own), place), own, "_", color=INK, markersize=8, markeredgewidth=0.8, zorder=3)
        more = measured[place] >= chance[place]
        _say(axes, (place, measured[place]), means[MEASURED].iloc[place], INK, above=more)
        _say(axes, (place, chance[place]), means[CHANCE].iloc[place], "#555555", above=not more)
    last = means.iloc[-1]
    if last[CHANCE] > 0:
        _times(axes, wide[-1], (chance[-1], measured[-1]), last[MEASURED] / last[CHANCE])
    ends = [f"{number(worst, '.0f')}–{number(best, '.0f')} %" for worst, best in means[["worst", "best"]].to_numpy()]
    _ticks(axes, [f"{two_lines(budget)}\n{own}" for budget, own in zip(budgets, ends, strict=True)])


def _say(axes: Axes, at: tuple[float, float], value: float, colour: str, *, above: bool) -> None:
    """A number above its mark, or below it."""
    text = axes.annotate(
        number(value, ".1f"), at, xytext=(0, 5.5 if above else -5.5), textcoords="offset points", ha="center",
        va="bottom" if above else "top", color=colour, fontsize=8, zorder=5,
    )  # fmt: skip
    if above:
        text.set_path_effects([withStroke(linewidth=2, foreground="white")])


def _times(axes: Axes, x: float, heights: tuple[float, float], times: float) -> None:
    """How many times as high one height is as the other, right of them."""
    axes.plot([x, x], heights, color="#777777", linewidth=0.8, zorder=1)
    said = f"{number(times, '.0f' if times >= 9.95 else '.1f')}×"
    axes.text(x + 0.08, np.sqrt(np.prod(heights)), said, color=INK, fontsize=8, fontweight="bold", va="center")


def _ticks(axes: Axes, labels: list[str]) -> None:
    low, high = axes.get_ylim()
    axes.set_xticks(range(len(labels)), labels, fontsize=7.5, linespacing=1.15)
    axes.set_yticks(shown := [tick for tick in TICKS if low <= tick <= high], [f"{tick:g}" for tick in shown])
    axes.minorticks_off()
    axes.grid(axis="y", color=GREY, linewidth=0.4, zorder=0)
    axes.tick_params(axis="x", length=0)
    if axes.yaxis.get_tick_params()["labelleft"]:
        axes.set_ylabel("spread (points)")
