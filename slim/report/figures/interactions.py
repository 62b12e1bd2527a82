"""Which layers need each other, and which can stand in for one another?"""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from slim.report.figures._matrix import SIDES, around_zero, head, matrix
from slim.report.figures._sheet import Room, absent, sheet
from slim.report.figures._style import styled
from slim.report.tables._format import points

CELL, LINE = 0.44, 0.26
NOTE = (
    "Shapley interaction of pairs of layers on validation accuracy (percentage points), mean over seeds. Purple: "
    "worth more together than apart; orange: either stands in for the other. Layer 0 is next to the embedding."
)


@styled
def interactions(table: pd.DataFrame) -> Figure:
    """The table `interactions` as triangles: a panel a dataset, a row and a column a layer."""
    if table.empty:
        return absent("interactions of layers were")
    datasets, last = sorted(table["dataset"].unique()), int(table["second"].max())
    means = 100 * table.groupby(["dataset", "first", "second"])["interaction"].mean()
    norm, size = around_zero(means), (CELL * last, LINE * last)
    figure, panels = sheet(datasets, size, Room(0.4, 0.25, 0.2, 0.25), note=NOTE)
    for axes, dataset in zip(panels, datasets, strict=True):
        found = means[dataset].unstack("second").reindex(index=range(last), columns=range(1, last + 1))
        matrix(axes, found.to_numpy(dtype=np.float64), norm, lambda value: points(value / 100), cmap=SIDES)
        head(axes, range(1, last + 1))
        axes.set_yticks(range(last), [str(layer) for layer in range(last)])
    return figure
