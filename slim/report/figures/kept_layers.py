"""Which layers stay at the depth that each rule chooses?"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from slim.report.figures._matrix import LINE, NAMES, Row, head, rows_of, side
from slim.report.figures._sheet import QUIET, Room, absent, sheet
from slim.report.figures._style import COLOURS, GREY, styled
from slim.report.tables._format import number, words

CELL = 0.21
NOTE = (
    "The layers that stay at the depth that a rule chooses on validation. A column a layer, 0 next to the embedding. "
    "Full dot: stays with every seed and draw; paler: with some; ring: with none. Right: how many layers stay, mean."
)


@styled
def kept_layers(depths: pd.DataFrame) -> Figure:
    """The table `depths` as dots: a block a dataset, in it a panel a rule, a row a strategy, a column a layer.

    The colour is that of the family, its strength the share of seeds and draws in which the layer stays.
    """
    if depths.empty:
        return absent("depths were")
    datasets, rules = sorted(depths["dataset"].unique()), list(dict.fromkeys(depths["rule"]))
    rows, kept = rows_of(depths), depths["kept"].astype(str).str.split("-")
    last = int(kept.explode().astype(int).max())
    size = max(CELL * (last + 1), 1.2), LINE * len(rows)
    room = Room(0.1, 0.45, 0.2, 0.2)
    keys = [(dataset, rule) for dataset in datasets for rule in rules]
    titles = [dataset if rule == rules[0] else " " for dataset, rule in keys]
    under = [words(rule) for _, rule in keys]
    figure, panels = sheet(titles, size, room, under=under, note=NOTE, names=NAMES, together=len(rules))
    for axes, (dataset, rule) in zip(panels, keys, strict=True):
        _panel(axes, depths[(depths["dataset"] == dataset) & (depths["rule"] == rule)], rows, last)
    return figure


def _panel(axes: Axes, depths: pd.DataFrame, rows: list[Row], last: int) -> None:
    for place, (family, strategy) in enumerate(rows):
        found = depths[depths["strategy"] == strategy]
        if len(found):
            sets = [set(map(int, kept.split("-"))) for kept in found["kept"].astype(str)]
            shares = np.mean([[layer in kept for layer in range(last + 1)] for kept in sets], axis=0)
            faces = [paler(COLOURS[family], share) for share in shares]
            edges = [COLOURS[family] if share else GREY for share in shares]
            axes.scatter(range(last + 1), [place] * (last + 1), s=62, c=faces, edgecolors=edges, linewidths=0.7)
            said = number(found["layers"].mean(), ".1f").removesuffix(".0")
            axes.text(last + 0.85, place, said, va="center_baseline", color=QUIET, fontsize=7.5)
    axes.set_xlim(-0.6, last + 0.6)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    head(axes, range(last + 1))
    side(axes, rows)


def paler(colour: str, share: float) -> tuple[float, float, float]:
    """A colour mixed with white: 1 leaves it as it is, 0 is white."""
    red, green, blue = (1 - share * (1 - part) for part in to_rgb(colour))
    return red, green, blue
