"""Which signals do the learned fusions lean on?"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from slim.report.figures._matrix import NAMES, Row, down
from slim.report.figures._sheet import Room, absent, sheet
from slim.report.figures._style import COLOURS, INK, MARKS, several, styled
from slim.report.tables._format import words
from slim.report.tables.curves import family_of

UNITS = {
    "coefficients": "change of accuracy (points)\nper standard deviation",
    "importances": "loss of R² when\nthe signal is shuffled",
}
SCALE = {"coefficients": 100.0, "importances": 1.0}
PLACE = {family: place for place, family in enumerate(COLOURS)}
NOTE = (
    "What each fusion makes of each signal; a mark a dataset, mean over seeds{lines}. Coefficients: below 0 where "
    "losing a layer that the signal would keep is predicted to cost accuracy. Importances have no such direction."
)


@styled
def fusion_weights(weights: pd.DataFrame) -> Figure:
    """The table `weights` as dots: a panel a fusion, a row a signal, a mark a dataset."""
    if weights.empty:
        return absent("weights of signals were")
    datasets, fusions = sorted(weights["dataset"].unique()), _fusions(weights)
    found = {name: family_of(name, ()) for name in dict.fromkeys(weights["signal"])}
    rows = sorted(((family, name) for name, family in found.items()), key=lambda row: (PLACE[row[0]], row[1]))
    line = 0.16 + 0.045 * len(datasets)
    handles = [Line2D([], [], color=INK, marker=MARKS[i % len(MARKS)], linestyle="", markersize=4.5, label=name)
               for i, name in enumerate(datasets)] if len(datasets) > 1 else []  # fmt: skip
    figure, panels = sheet(
        [words(fusion) for fusion, _ in fusions], (1.9, line * len(rows)), Room(0.12, 0.12, 0.06, 0.7),
        note=NOTE.format(lines="; lines: from the lowest seed to the highest" if several(weights) else ""),
        names=NAMES, handles=handles,
    )  # fmt: skip
    for axes, (fusion, kind) in zip(panels, fusions, strict=True):
        _panel(axes, weights[(weights["fusion"] == fusion) & (weights["kind"] == kind)], rows, datasets)
        axes.set_xlabel(UNITS.get(kind, kind))
    return figure


def _fusions(weights: pd.DataFrame) -> list[tuple[str, str]]:
    """(fusion, kind), kind after kind."""
    pairs = {(str(fusion), str(kind)) for fusion, kind in zip(weights["fusion"], weights["kind"], strict=True)}
    return sorted(pairs, key=lambda pair: pair[::-1])


def _panel(axes: Axes, weights: pd.DataFrame, rows: list[Row], datasets: list[str]) -> None:
    axes.axvline(0, color="#999999", linewidth=0.8, zorder=1)
    apart = np.linspace(-0.32, 0.32, len(datasets) + 2)[1:-1]
    for place, (family, signal) in enumerate(rows):
        if place % 2 == 0:
            axes.axhspan(place - 0.5, place + 0.5, color="#F4F4F4", linewidth=0, zorder=0)
        for mark, (dataset, moved) in enumerate(zip(datasets, apart, strict=True)):
            of = weights[(weights["signal"] == signal) & (weights["dataset"] == dataset)]
            values = of["weight"].dropna() * SCALE.get(str(weights["kind"].iloc[0]), 1.0)
            if len(values):
                if len(values) > 1:
                    ends = [values.min(), values.max()]
                    axes.plot(ends, [place + moved] * 2, color=COLOURS[family], linewidth=1, alpha=0.5)
                axes.plot(
                    values.mean(), place + moved, MARKS[mark % len(MARKS)], color=COLOURS[family], markersize=4.5,
                    markeredgecolor="white", markeredgewidth=0.4, zorder=3,
                )  # fmt: skip
    axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    axes.spines["left"].set_visible(False)
    down(axes, [words(signal) for _, signal in rows], [COLOURS[family] for family, _ in rows])
