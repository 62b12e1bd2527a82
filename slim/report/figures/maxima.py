"""The best accuracy of every strategy on every dataset, as a table whose colours say who is behind."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from slim.report.figures._matrix import LINE, NAMES, Floats, Row, cells, head, matrix, rows_of, side
from slim.report.figures._sheet import Room, absent, fold, sheet
from slim.report.figures._style import INK, styled
from slim.report.tables._format import number, percent, words

CELL = 0.86
NOTE = (
    "Test accuracy (%) with one or more layers removed, the number of them chosen on validation; mean over seeds and "
    "draws, small: their standard deviation, where there are several. Dark: many points behind the best of the "
    "dataset. Framed: the best, oracle aside."
)


@styled
def maxima(table: pd.DataFrame) -> Figure:
    """Accuracy (percent) of the table `maxima`: a row a strategy, a column a dataset, and their mean.

    The shade is the distance to the best of the column, the oracle aside, in percentage points: the same for all
    columns.
    """
    if table.empty:
        return absent("maxima were")
    datasets, rows = sorted(table["dataset"].unique()), rows_of(table)
    values = 100 * cells(table, rows, datasets, "dataset", "accuracy")
    spreads = 100 * cells(table, rows, datasets, "dataset", "spread")
    labels = ["\n".join(fold(words(name), CELL)) for name in datasets]
    if len(datasets) > 1:
        means = 100 * table.groupby("strategy")["mean"].first().reindex([strategy for _, strategy in rows])
        values, spreads = np.column_stack([values, means]), np.column_stack([spreads, np.full(len(rows), np.nan)])
        labels.append("mean")
    top = 0.05 + 0.15 * max(label.count("\n") for label in labels)
    size = CELL * len(labels), LINE * len(rows)
    figure, (axes,) = sheet([""], size, Room(0.1, 0.15, top, 0.15), note=NOTE, names=NAMES)
    best = _best(values, rows)
    behind = np.clip(np.nan_to_num(best - values), 0, None)
    norm = PowerNorm(0.6, vmin=0, vmax=max(behind.max(), 1.0))
    printed = matrix(axes, values, norm, lambda value: percent(value / 100), shade=behind)
    _spreads(axes, printed, spreads)
    _frame(axes, values, best, rows)
    if len(datasets) > 1:
        axes.axvline(len(datasets) - 0.5, color="white", linewidth=2.5)
    head(axes, labels, linespacing=1.1)
    side(axes, rows)
    return figure


def _best(values: Floats, rows: list[Row]) -> Floats:
    """[columns]: the largest, oracle aside; NaN where nothing else was measured."""
    competing = np.array([[strategy != "oracle"] for _, strategy in rows])
    most = np.where(competing & np.isfinite(values), values, -np.inf).max(axis=0)
    return np.where(np.isfinite(most), most, np.nan)


def _frame(axes: Axes, values: Floats, best: Floats, rows: list[Row]) -> None:
    """Frame what is best as printed, so that equal numbers are framed alike."""
    for (row, column), value in np.ndenumerate(values):
        if rows[row][1] != "oracle" and percent(value / 100) == percent(best[column] / 100) != "":
            at = column - 0.46, row - 0.42
            axes.add_patch(Rectangle(at, 0.92, 0.84, fill=False, edgecolor=INK, linewidth=1.1, zorder=3))


def _spreads(axes: Axes, printed: dict[tuple[int, int], Text], spreads: Floats) -> None:
    """Print standard deviations beside the means, which give way to the left."""
    for (row, column), text in printed.items():
        if np.isfinite(spreads[row, column]):
            text.set(x=column + 0.1, ha="right")
            said = f" ±{number(spreads[row, column], '.1f')}"
            axes.text(column + 0.1, row, said, va="center_baseline", color=text.get_color(), fontsize=6.2)
