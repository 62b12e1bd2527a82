"""Regret against the number of layers removed, as a table whose colours say where to look."""

import numpy as np
import pandas as pd
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure

from slim.report.figures._matrix import LINE, NAMES, cells, head, matrix, rows_of, side
from slim.report.figures._sheet import Room, absent, sheet
from slim.report.figures._style import styled
from slim.report.tables._format import number

CELL = 0.44
NOTE = (
    "Test accuracy lost against the best subset of the same size (percentage points), by layers removed; mean over "
    "seeds and draws. Dark: much is lost. The best subset is chosen on the test items themselves, so even the oracle, "
    "chosen on validation, loses."
)


@styled
def regret_by_depth(curves: pd.DataFrame) -> Figure:
    """Test accuracy lost against the best subset of the same size, in percentage points, mean over seeds and draws.

    A panel a dataset, a row a strategy (coloured by family), a column a number of layers removed, and their mean.
    Without any measured regret the figure says so.
    """
    found = curves[(curves["removed"] >= 1) & curves["test_regret"].notna()]
    if found.empty:
        return absent("regret was")
    datasets, depths = sorted(found["dataset"].unique()), sorted(found["removed"].unique())
    rows = rows_of(found, "test_regret")
    size = CELL * (len(depths) + 1), LINE * len(rows)
    figure, panels = sheet(datasets, size, Room(0.1, 0.15, 0.2, 0.2), note=NOTE, names=NAMES)
    norm = PowerNorm(0.6, vmin=0, vmax=max(100 * found["test_regret"].max(), 1e-9), clip=True)
    for axes, dataset in zip(panels, datasets, strict=True):
        values = 100 * cells(found[found["dataset"] == dataset], rows, depths, "removed", "test_regret")
        values = np.column_stack([values, values.mean(axis=1)])
        printed = matrix(axes, values, norm, lambda value: number(value, ".1f"))
        for (_, column), text in printed.items():
            text.set_fontweight("bold" if column == len(depths) else "normal")
        axes.axvline(len(depths) - 0.5, color="white", linewidth=2.5)
        head(axes, [*depths, "mean"])
        side(axes, rows)
    return figure
