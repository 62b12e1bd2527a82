"""How many subsets has each way of searching to measure, and how good is what it finds?"""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from slim.report.figures.style import COLOURS, MARKS, panels, spread, write_beside
from slim.report.numbers import words

LINES: dict[str, tuple[str, Any]] = {
    "greedy": ("#4D4D4D", "-"),
    "beam": ("#B8578F", (0, (5, 1.6))),
    "random": ("#8A7A00", (0, (1.4, 1.2))),
}
"""Method -> colour and dashes."""
SIZE = 5.3, 3.7
TICKS = [0, 1, 3, 10, 30, 100, 300, 1000, 3000, 10000, 30000]
REGRETS = [0, 0.5, 1, 2, 3, 5, 10, 20, 30, 40, 60, 80]
NOTE = (
    "Test regret (points below the best subset of each size, mean over sizes and seeds) against the number of subsets "
    "whose validation accuracy was measured. Lines: greedy, beam and random search. Blue: fusions, with the removals "
    "they learned from above them. Lower and further left is better."
)


def search(table: pd.DataFrame) -> Figure:
    """The table `search`: lines for greedy, beam and random search, labelled points for fusions, a panel a dataset."""
    known = table[table["test_regret"].notna() & table["evaluations"].notna()]
    known = known.assign(evaluations=known["evaluations"].astype(float), points=100 * known["test_regret"])
    figure, grid = panels(datasets := sorted(known["dataset"].unique()), SIZE, note=NOTE)
    for axes, dataset in zip(grid, datasets, strict=True):
        axes.set_title(dataset, pad=24)
        _panel(axes, known[known["dataset"] == dataset])
    return figure


def _panel(axes: Axes, rows: pd.DataFrame) -> None:
    most, worst = rows["evaluations"].max(), rows["points"].max()
    axes.set_xscale("function", functions=(np.log1p, np.expm1))
    axes.set_yscale("function", functions=(lambda y: np.sqrt(np.clip(y, 0, None)), np.square))
    axes.set(xlim=(-0.15, most * 1.05 + 0.5), ylim=(0, 1.08 * worst + 0.1))
    axes.set(xlabel="subsets measured", ylabel="test regret (points, square-root axis)")
    for axis, ticks, end in ((axes.xaxis, TICKS, most), (axes.yaxis, REGRETS, worst)):
        axis.set_major_locator(FixedLocator([tick for tick in ticks if tick <= end]))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_locator(NullLocator())
    for method, (colour, dashes) in LINES.items():
        of = rows[rows["method"] == method]
        if len(of):
            _line(axes, method, of, colour, dashes)
    _fusions(axes, rows[~rows["method"].isin(LINES)])


def _line(axes: Axes, method: str, rows: pd.DataFrame, colour: str, dashes: Any) -> None:
    """Means over seeds, by the width of a beam, else by the number of subsets, where every seed has it."""
    step = rows["width"].astype(float).fillna(rows["evaluations"])
    groups = rows.groupby(step.rename("step"))
    means = (
        groups[["evaluations", "points"]].mean()[groups.size() == rows["seed"].nunique()].sort_values("evaluations")
    )
    axes.plot(means["evaluations"], means["points"], color=colour, linewidth=1.6, linestyle=dashes, zorder=2)
    x, y = means.iloc[{"greedy": min(1, len(means) - 1), "beam": -1, "random": len(means) // 2}[method]]
    where = {"greedy": (-8, -4), "beam": (0, -9), "random": (6, 8)}[method]
    axes.annotate(method, (x, y), xytext=where, textcoords="offset points", color=colour, fontsize=8, va="center",
                  ha="left" if method == "random" else "right", fontweight="bold")  # fmt: skip


def _fusions(axes: Axes, fusions: pd.DataFrame) -> None:
    """A shape a fusion; those that measured as many subsets have one list of names."""
    names = sorted(fusions["method"].unique())
    groups = fusions.assign(rows=fusions["rows"].fillna("")).groupby(["method", "rows"])
    means = groups[["evaluations", "points"]].mean().reset_index().sort_values("evaluations")
    top = np.sqrt(axes.get_ylim()[1])
    columns = np.cumsum(np.diff(np.log1p(means["evaluations"]), prepend=0) > 0.2)
    for column in sorted(set(columns)):
        of = means[columns == column]
        heights = np.square(spread(np.sqrt(of["points"].to_numpy()), 0.05 * top, 0.02 * top, 0.98 * top))
        for row, height in zip(of.to_dict("records"), heights, strict=True):
            x, y = row["evaluations"], row["points"]
            axes.plot(x, y, MARKS[names.index(row["method"]) % len(MARKS)], color=COLOURS["fusion"], markersize=5,
                      zorder=4, markeredgecolor="white", markeredgewidth=0.5, clip_on=False)  # fmt: skip
            write_beside(axes, words(row["method"]), (x, y), height, COLOURS["fusion"], 10, size=7)
        kinds = "\n".join(words(rows) for rows in dict.fromkeys(of["rows"]) if rows)
        axes.annotate(kinds, (of["evaluations"].mean(), 1), xycoords=("data", "axes fraction"), xytext=(0, 3),
                      textcoords="offset points", ha="center" if of["evaluations"].max() else "left",
                      color=COLOURS["fusion"], fontsize=7)  # fmt: skip
