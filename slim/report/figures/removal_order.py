"""When does each strategy remove each layer?"""

import pandas as pd
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from slim.report.figures._matrix import LINE, NAMES, STAYS, cells, head, matrix, rows_of, side
from slim.report.figures._sheet import Room, absent, sheet
from slim.report.figures._style import styled
from slim.report.tables._format import number

CELL = 0.36
NOTE = (
    "When each layer is removed: 1 first; the largest number is that of the layer that stays to the end. Dark: stays "
    "long. A column a layer, 0 next to the embedding; mean over seeds and draws. What removes no layers one by one, "
    "as the oracle, has no row."
)


@styled
def removal_order(orders: pd.DataFrame) -> Figure:
    """Mean over seeds and draws of when a layer goes, of the table `orders`: a panel a dataset, a row a strategy."""
    if orders.empty:
        return absent("orders were")
    datasets, layers = sorted(orders["dataset"].unique()), sorted(orders["layer"].unique())
    rows = rows_of(orders)
    size = CELL * len(layers), LINE * len(rows)
    figure, panels = sheet(datasets, size, Room(0.1, 0.15, 0.2, 0.2), note=NOTE, names=NAMES)
    norm = Normalize(1, max(int(orders["removed_at"].max()), 2))
    for axes, dataset in zip(panels, datasets, strict=True):
        values = cells(orders[orders["dataset"] == dataset], rows, layers, "layer", "removed_at")
        matrix(axes, values, norm, _place, cmap=STAYS)
        head(axes, layers)
        side(axes, rows)
    return figure


def _place(value: float) -> str:
    return number(value, ".0f") if abs(value - round(value)) < 0.05 else number(value, ".1f")
