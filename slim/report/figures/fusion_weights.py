"""Which signals do the learned fusions rely on?"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from slim.report.figures.style import COLOURS, MARKS, QUIET, name_rows, panels
from slim.report.numbers import words
from slim.report.tables.curves import kind_of

UNITS = {
    "coefficients": "change of accuracy (points)\nper standard deviation",
    "importances": "loss of R² when\nthe signal is permuted",
}
SCALE = {"coefficients": 100.0, "importances": 1.0}
NOTE = (
    "The weight of each signal in each fusion: a mark a dataset ({marks}), mean over seeds; lines: from the lowest "
    "seed to the highest. Coefficients: below 0 where removing a layer that the signal would keep is predicted to "
    "cost accuracy. Importances have no such direction."
)
NAMES = {"o": "disc", "s": "square", "^": "triangle", "D": "diamond", "v": "triangle down", "P": "plus", "X": "cross",
         "*": "star", "p": "pentagon"}  # fmt: skip


def fusion_weights(weights: pd.DataFrame) -> Figure:
    """The table `weights` as dots: a panel a fusion, a row a signal, a mark a dataset."""
    datasets = sorted(weights["dataset"].unique())
    fusions = weights[["unit", "fusion"]].drop_duplicates().sort_values(["unit", "fusion"])
    place = {kind: i for i, kind in enumerate(COLOURS)}
    signals = sorted(weights["signal"].unique(), key=lambda name: (place[kind_of(name)], name))
    marks = ", ".join(f"{NAMES[MARKS[i % len(MARKS)]]} {name}" for i, name in enumerate(datasets))
    size = 2.75, 1.0 + (0.16 + 0.045 * len(datasets)) * len(signals)
    titles = [words(fusion) for fusion in fusions["fusion"]]
    figure, grid = panels(titles, size, note=NOTE.format(marks=marks), columns=4, share=True)
    for axes, (unit, fusion) in zip(grid, fusions.itertuples(index=False), strict=True):
        _panel(axes, weights[(weights["fusion"] == fusion) & (weights["unit"] == unit)], signals, datasets)
        axes.set_xlabel(UNITS.get(str(unit), str(unit)))
    return figure


def _panel(axes: Axes, weights: pd.DataFrame, signals: list[str], datasets: list[str]) -> None:
    axes.axvline(0, color=QUIET, linewidth=0.7, zorder=1)
    apart = np.linspace(-0.32, 0.32, len(datasets) + 2)[1:-1]
    scale = SCALE.get(str(weights["unit"].iloc[0]), 1.0)
    for row, signal in enumerate(signals):
        if row % 2 == 0:
            axes.axhspan(row - 0.5, row + 0.5, color="#F4F4F4", linewidth=0, zorder=0)
        for mark, (dataset, moved) in enumerate(zip(datasets, apart, strict=True)):
            of = weights[(weights["signal"] == signal) & (weights["dataset"] == dataset)]
            values, colour = of["weight"].dropna() * scale, COLOURS[kind_of(signal)]
            if len(values):
                axes.plot([values.min(), values.max()], [row + moved] * 2, color=colour, linewidth=1, alpha=0.5)
                axes.plot(values.mean(), row + moved, MARKS[mark % len(MARKS)], color=colour, markersize=4.5,
                          markeredgecolor="white", markeredgewidth=0.4, zorder=3)  # fmt: skip
    axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    axes.spines["left"].set_visible(False)
    name_rows(axes, signals, [COLOURS[kind_of(signal)] for signal in signals])
