"""Which signals say the same of the layers?"""

import pandas as pd
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from slim.report.figures._matrix import NAMES, SIDES, head, matrix, side
from slim.report.figures._sheet import Room, absent, sheet
from slim.report.figures._style import COLOURS, styled
from slim.report.tables._format import number, words
from slim.report.tables.curves import family_of

CELL, LINE = 0.3, 0.21
NOTE = (
    "Rank correlation (Spearman) of signals over layers, mean over seeds. Purple: they rank layers alike; orange: "
    "they contradict one another. Empty: one of the two is the same for all layers."
)


@styled
def signal_correlations(table: pd.DataFrame) -> Figure:
    """The table `signal_correlations` as a square: a panel a dataset, a row and a column a signal."""
    if table.empty:
        return absent("correlations of signals were")
    datasets, names = sorted(table["dataset"].unique()), list(dict.fromkeys(table["first"]))
    rows = [(family_of(name, ()), name) for name in names]
    size = CELL * len(names), LINE * len(names)
    figure, panels = sheet(datasets, size, Room(0.1, 0.15, 1.5, 0.25), note=NOTE, names=NAMES)
    for axes, dataset in zip(panels, datasets, strict=True):
        found = table[table["dataset"] == dataset].pivot_table(index="first", columns="second", values="rho")
        values = found.reindex(index=names, columns=names).to_numpy(dtype=float)
        matrix(axes, values, Normalize(-1, 1), _two, cmap=SIDES, size=6.5)
        head(axes, [words(name) for name in names], rotation=90, va="bottom")
        side(axes, rows)
        for tick, (family, _) in zip(axes.xaxis.get_major_ticks(), rows, strict=True):
            tick.label2.set_color(COLOURS[family])
    return figure


def _two(rho: float) -> str:
    """Two decimals without the zero before them: .85, −.07, 1."""
    text = number(rho, ".2f").replace("0.", ".", 1)
    return text.removesuffix(".00") if text.endswith("1.00") else text.replace(".00", "0")
