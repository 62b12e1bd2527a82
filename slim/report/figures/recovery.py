"""Does a set of layers that is good before a short training stay good after it?"""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from slim.report.figures._budgets import NONE, in_order, label
from slim.report.figures._sheet import WIDTH, Room, absent, sheet
from slim.report.figures._style import GREY, INK, MARKS, several, styled

SIDE, HIGH, ROOM = 2.2, 2.0, Room(0.55, 0.15, 0.06, 0.6)
KEYS = ["dataset", "seed", "kept", "layers"]
NOTE = (
    "Test accuracy (%) of sets of layers after a short training, against before it: a mark a set{seeds}, a column of "
    "panels a budget. Horizontal line: the teacher, which has all layers and no further training. Grey: no change."
)


@styled
def recovery(recovered: pd.DataFrame) -> Figure:
    """The table `recovered` as scatter plots: a row of panels a dataset, a column a budget, a colour a size.

    Only sets that were measured before training (budget `none`) have a place.
    """
    before = recovered[recovered["budget"] == NONE].rename(columns={"test_accuracy": "raw"})[[*KEYS, "raw"]]
    found = recovered[recovered["budget"] != NONE].merge(before, on=KEYS)
    if found.empty:
        return absent("recovery was")
    datasets, budgets = sorted(found["dataset"].unique()), in_order(found, KEYS)
    whole = 1 + int(recovered["kept"].astype(str).str.split("-").str[-1].astype(int).max())
    sizes = sorted(set(found["layers"]) - {whole})
    shades = dict(zip(sizes, colormaps["viridis"](np.linspace(0, 0.82, max(len(sizes), 1))), strict=False))
    handles = [Line2D([], [], color=shades[size], marker=MARKS[i % len(MARKS)], linestyle="", markersize=5,
                      label=f"{size} layer{'' if size == 1 else 's'}") for i, size in enumerate(sizes)]  # fmt: skip
    if (found["layers"] == whole).any():
        handles.append(Line2D([], [], color=INK, marker="*", linestyle="", markersize=7, label="all layers"))
    places = [(dataset, budget) for dataset in datasets for budget in budgets]
    side = min(SIDE, WIDTH / len(budgets) - ROOM.left - ROOM.right)
    figure, panels = sheet(
        [dataset if budget == budgets[0] else " " for dataset, budget in places],
        (side, HIGH), ROOM, under=[label(budget) for _, budget in places], together=len(budgets),
        note=NOTE.format(seeds=" and seed" if several(found) else ""), handles=handles,
    )  # fmt: skip
    for axes, (dataset, budget) in zip(panels, places, strict=True):
        of, teachers = found[found["dataset"] == dataset], before[before["dataset"] == dataset]
        _panel(axes, of, budget, shades, teachers.loc[teachers["layers"] == whole, "raw"])
    return figure


def _panel(axes: Axes, of: pd.DataFrame, budget: str, shades: dict, teachers: pd.Series) -> None:
    teacher = list(100 * teachers)
    axes.axline((0, 0), slope=1, color=GREY, linewidth=0.9, zorder=0)
    if teacher:
        axes.axhline(sum(teacher) / len(teacher), color=INK, linewidth=0.8, zorder=1)
    found = of[of["budget"] == budget]
    for mark, (size, shade) in enumerate(shades.items()):
        sets = found[found["layers"] == size]
        axes.plot(
            100 * sets["raw"], 100 * sets["test_accuracy"], MARKS[mark % len(MARKS)], color=shade, markersize=4.5,
            markeredgecolor="white", markeredgewidth=0.4, alpha=0.9, zorder=2,
        )  # fmt: skip
    rest = found[~found["layers"].isin(list(shades))]
    axes.plot(100 * rest["raw"], 100 * rest["test_accuracy"], "*", color=INK, markersize=7, zorder=3)
    axes.set(xlim=_limits(100 * of["raw"]), ylim=_limits([*(100 * of["test_accuracy"]), *teacher]))
    axes.set(xlabel="before training (%)", ylabel="after (%)")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))


def _limits(values: Iterable[float]) -> tuple[float, float]:
    """The ends of an axis that shows all values."""
    low, high = min(values := list(values)), max(values)
    rim = 0.06 * (high - low) + 0.2
    return low - rim, high + rim
