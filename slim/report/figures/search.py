"""How many accuracies has each way of searching to measure, and how good is what it finds?"""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FixedFormatter, FixedLocator, FuncFormatter, NullLocator
from matplotlib.transforms import offset_copy

from slim.report.figures._sheet import QUIET, Room, absent, sheet
from slim.report.figures._style import COLOURS, MARKS, several, spread, styled
from slim.report.tables._format import words

LINES: dict[str, tuple[str, Any]] = {
    "greedy": ("#4D4D4D", "-"),
    "beam": ("#B8578F", (0, (5, 1.6))),
    "random": ("#8A7A00", (0, (1.4, 1.2))),
}
"""Method -> colour and dashes."""
TICKS = [0, 1, 3, 10, 30, 100, 300, 1000, 3000, 10000, 30000]
REGRETS = [0, 0.5, 1, 2, 3, 5, 10, 20, 30, 40, 60, 80]
SIZE = 3.85, 3.6
LEADER = {"arrowstyle": "-", "color": COLOURS["fusion"], "linewidth": 0.4, "shrinkA": 1, "shrinkB": 2}
NOTE = (
    "Test regret (percentage points below the best subset of each size, mean over sizes; the axis is a root) against "
    "the subsets whose validation accuracy a search measured, mean over seeds{lines}. Blue: fusions, below the kind "
    "of removals that they learned from."
)


@styled
def search(table: pd.DataFrame) -> Figure:
    """The table `search`: lines for greedy, beam and random search, labelled points for fusions, a panel a dataset.

    The mean of a line is over the seeds that measured it; random search only where every seed has its number of
    evaluations.
    """
    found = table[table["test_regret"].notna() & table["evaluations"].notna()]
    found = found.assign(evaluations=found["evaluations"].astype(float), points=100 * found["test_regret"])
    if found.empty:
        return absent("regret of searches was")
    datasets = sorted(found["dataset"].unique())
    note = NOTE.format(lines="; pale: single seeds" if several(found) else "")
    handles = [Line2D([], [], color=colour, linestyle=dashes, linewidth=1.6, label=method)
               for method, (colour, dashes) in LINES.items() if (found["method"] == method).any()]  # fmt: skip
    figure, panels = sheet(datasets, SIZE, Room(0.58, 1.02, 0.3, 0.6), note=note, handles=handles)
    for axes, dataset in zip(panels, datasets, strict=True):
        _panel(axes, found[found["dataset"] == dataset])
    return figure


def _panel(axes: Axes, found: pd.DataFrame) -> None:
    most = found["evaluations"].max()
    axes.set_xscale("function", functions=(np.log1p, np.expm1))
    axes.set(xlim=(-0.15, most * 1.1 + 0.5), xlabel="subsets measured", ylabel="test regret (points)")
    axes.xaxis.set_major_locator(FixedLocator([tick for tick in TICKS if tick <= most]))
    axes.xaxis.set_major_formatter(FixedFormatter([str(tick) for tick in TICKS if tick <= most]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_yscale("function", functions=(_root, _square))
    axes.set_ylim(0, 1.06 * found["points"].max() + 0.1)
    axes.yaxis.set_major_locator(FixedLocator([tick for tick in REGRETS if tick <= found["points"].max()]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda points, _: f"{points:g}"))
    axes.yaxis.set_minor_locator(NullLocator())
    for method, (colour, dashes) in LINES.items():
        of = found[found["method"] == method]
        if len(of):
            _line(axes, method, of, colour, dashes)
    _points(axes, found[~found["method"].isin(LINES)])


def _line(axes: Axes, method: str, found: pd.DataFrame, colour: str, dashes: Any) -> None:
    step = found["width"] if method == "beam" else found.groupby("seed")["evaluations"].rank(method="dense")
    step = found["evaluations"] if method == "random" else step
    seeds = len(found["seed"].unique())
    if seeds > 1:
        for _, one in found.sort_values("evaluations").groupby("seed"):
            axes.plot(one["evaluations"], one["points"], color=colour, linewidth=0.6, alpha=0.3, zorder=1)
    groups = found.groupby(step.rename("step"))[["evaluations", "points"]]
    means = groups.mean()[(groups.size() == seeds) | (method != "random")].sort_values("evaluations")
    axes.plot(means["evaluations"], means["points"], color=colour, linewidth=1.6, linestyle=dashes, zorder=2)


def _root(values: Any) -> Any:
    return np.sqrt(np.clip(values, 0, None))


def _square(values: Any) -> Any:
    return np.square(values)


def _points(axes: Axes, fusions: pd.DataFrame) -> None:
    """Fusions: a shape a fusion; those that learned from the same removals share a column, and are named beside it."""
    names = sorted(fusions["method"].unique())
    groups = fusions.assign(rows=fusions["rows"].fillna("")).groupby(["rows", "method"])
    means = groups[["evaluations", "points"]].mean()
    columns = means["evaluations"].round(0)
    beside = offset_copy(axes.transData, axes.get_figure(root=True), x=9, units="points")
    for column in sorted(columns.unique()):
        of = means[columns == column]
        low, high = _root(axes.get_ylim())
        heights = _square(spread(_root(of["points"].to_numpy()), 0.04 * (high - low), low, high))
        for ((_, method), (x, y)), moved in zip(of[["evaluations", "points"]].iterrows(), heights, strict=True):
            axes.plot(x, y, MARKS[names.index(method) % len(MARKS)], color=COLOURS["fusion"], markersize=5, zorder=4,
                      markeredgecolor="white", markeredgewidth=0.5, clip_on=False)  # fmt: skip
            axes.annotate(
                words(method), (x, y), xytext=(x, moved), textcoords=beside, color=COLOURS["fusion"], fontsize=7,
                va="center", path_effects=[withStroke(linewidth=2, foreground="white")], zorder=5,
                arrowprops=LEADER,
            )  # fmt: skip
        kinds = "\n".join(words(rows) for rows in of.index.get_level_values("rows").unique() if rows)
        axes.annotate(
            kinds, (column, 1), xycoords=("data", "axes fraction"), xytext=(0, 3), textcoords="offset points",
            ha="center" if column else "left", color=QUIET, fontsize=7,
        )  # fmt: skip
