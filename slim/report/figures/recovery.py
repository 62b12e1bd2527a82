"""Does a set of layers that is good before a short training stay good after it?"""

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from scipy.stats import spearmanr

from slim.report.figures.style import GREY, INK, MARKS, panels
from slim.report.numbers import number, words

NOTE = (
    "Test accuracy (%) of sets of layers after a short training against before it; a mark a set and seed, a colour "
    "the number of layers that stay. ρ: Spearman's rank correlation within a size, mean over seeds. Horizontal line: "
    "the teacher. Grey: no change."
)


def recovery(recovered: pd.DataFrame) -> Figure:
    """The table `recovered` as scatter plots: a row of panels a dataset, a panel a budget."""
    keys = ["dataset", "seed", "kept", "layers"]
    raw = recovered[recovered["budget"] == "none"].rename(columns={"test_accuracy": "raw"})[[*keys, "raw"]]
    rows = recovered[recovered["budget"] != "none"].merge(raw, on=keys)
    budgets = list(dict.fromkeys(rows["budget"]))
    places = [(dataset, budget) for dataset in sorted(rows["dataset"].unique()) for budget in budgets]
    titles = [f"{dataset}: {words(budget)}" for dataset, budget in places]
    figure, grid = panels(titles, (4.2, 3.1), note=NOTE, columns=len(budgets))
    for axes, (dataset, budget) in zip(grid, places, strict=True):
        _panel(axes, rows[(rows["dataset"] == dataset) & (rows["budget"] == budget)])
    return figure


def _panel(axes: Axes, rows: pd.DataFrame) -> None:
    sizes = sorted(rows["layers"].unique())
    axes.axline((0, 0), slope=1, color=GREY, linewidth=0.9, zorder=0)
    axes.axhline(100 * rows["teacher"].mean(), color=INK, linewidth=0.8, zorder=1)
    for i, (size, shade) in enumerate(zip(sizes, colormaps["viridis"](np.linspace(0, 0.8, len(sizes))), strict=True)):
        of = rows[rows["layers"] == size]
        known = [one for _, one in of.groupby("seed") if one["raw"].nunique() > 1 < one["test_accuracy"].nunique()]
        rho = np.mean([spearmanr(one["raw"], one["test_accuracy"]).statistic for one in known]) if known else np.nan
        label = ("1 layer" if size == 1 else f"{size} layers") + (f", ρ = {number(rho, '.2f')}" if known else "")
        axes.plot(100 * of["raw"], 100 * of["test_accuracy"], MARKS[i % len(MARKS)], color=shade, markersize=4.5,
                  markeredgecolor="white", markeredgewidth=0.4, label=label)  # fmt: skip
    values = [*(100 * rows["test_accuracy"]), 100 * rows["teacher"].max()]
    rim = 0.06 * (max(values) - min(values)) + 0.3
    raw = 100 * rows["raw"]
    axes.set(xlim=(raw.min() - 1, raw.max() + 1), ylim=(min(values) - rim, max(values) + rim))
    axes.set(xlabel="before training (%)", ylabel="after (%)")
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize=8, handletextpad=0.2)
