"""What is each layer worth?"""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from slim.report.figures._sheet import Room, absent, sheet
from slim.report.figures._style import COLOURS, INK, several, styled

BAR = "#9CC3DE"
MARKS = {
    "shapley_test": ("_", INK, "the same on test"),
    "leave_one_out": ("v", COLOURS["attention"], "lost when it alone is removed"),
    "alone": ("o", COLOURS["gradient"], "gained when it is the only one"),
}
"""Column -> mark, colour, what it is."""
NOTE = (
    "What each layer is worth, in percentage points of validation accuracy, mean over seeds{lines}. Layer 0 is next "
    "to the embedding. The bars of a dataset sum to the accuracy of all layers minus that of none."
)


@styled
def shapley(table: pd.DataFrame) -> Figure:
    """Bars of the table `shapley`, a panel a dataset, with what a layer seems worth first, last, and on test."""
    if table.empty:
        return absent("Shapley values were")
    datasets, layers = sorted(table["dataset"].unique()), int(table["layer"].max()) + 1
    handles = [Patch(color=BAR, label="Shapley value"), *(
        Line2D([], [], color=colour, marker=mark, linestyle="", markersize=6, markeredgewidth=1.4, label=label)
        for mark, colour, label in MARKS.values()
    )]  # fmt: skip
    figure, panels = sheet(
        datasets, (max(2.7, 0.36 * layers), 1.8), Room(0.55, 0.25, 0.06, 0.55), handles=handles,
        note=NOTE.format(lines="; thin lines: from the lowest seed to the highest" if several(table) else ""),
    )  # fmt: skip
    for axes, dataset in zip(panels, datasets, strict=True):
        _panel(axes, table[table["dataset"] == dataset])
    return figure


def _panel(axes: Axes, table: pd.DataFrame) -> None:
    by_layer = table.groupby("layer")
    means, of = 100 * by_layer[["shapley", *MARKS]].mean(), 100 * by_layer["shapley"].agg(["min", "max"])
    axes.bar(means.index, means["shapley"], width=0.62, color=BAR, zorder=1)
    if several(table):
        axes.vlines(of.index, of["min"], of["max"], color="#4A7FA5", linewidth=1.2, zorder=2)
    for column, (mark, colour, _) in MARKS.items():
        wide = 13 if mark == "_" else 5
        axes.plot(means.index, means[column], mark, color=colour, markersize=wide, markeredgewidth=1.1, zorder=3)
    axes.axhline(0, color="#999999", linewidth=0.8, zorder=2)
    axes.set_xticks(means.index, [str(layer) for layer in means.index])
    axes.set(xlabel="layer", ylabel="accuracy (points)")
    axes.tick_params(axis="x", length=0)
