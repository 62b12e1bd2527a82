"""What every signal says of every layer."""

import pandas as pd
from matplotlib.figure import Figure

from slim.report.figures._matrix import LINE, NAMES, SIDES, around_zero, cells, head, matrix, rows_of, side
from slim.report.figures._sheet import Room, absent, sheet
from slim.report.figures._style import styled
from slim.report.tables._format import number

CELL = 0.38
NOTE = (
    "What each signal says of each layer of the intact model, in standard deviations from its mean over layers; mean "
    "over seeds. Purple: keep; orange: remove. A column a layer, 0 next to the embedding."
)


@styled
def signals(table: pd.DataFrame) -> Figure:
    """Standardised scores of the table `signals`: a panel a dataset, a row a signal, a column a layer."""
    if table.empty:
        return absent("signals were")
    datasets, layers = sorted(table["dataset"].unique()), sorted(table["layer"].unique())
    rows, norm = rows_of(table), around_zero(table["z"])
    size = CELL * len(layers), LINE * len(rows)
    figure, panels = sheet(datasets, size, Room(0.1, 0.15, 0.2, 0.2), note=NOTE, names=NAMES)
    for axes, dataset in zip(panels, datasets, strict=True):
        values = cells(table[table["dataset"] == dataset], rows, layers, "layer", "z")
        matrix(axes, values, norm, lambda value: number(value, ".1f"), cmap=SIDES)
        head(axes, layers)
        side(axes, rows)
    return figure
