"""When does each strategy remove each layer?"""

import pandas as pd
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from slim.report.figures.style import COLOURS, matrix, name_rows, panels

NOTE = (
    "The place at which each layer is removed, mean over seeds and draws: 1 goes first, the darkest stays last. "
    "A column a layer, 0 next to the embedding. Read a row for a strategy; columns that are dark in all rows hold "
    "what no strategy gives up."
)


def removal_order(orders: pd.DataFrame) -> Figure:
    """The table `orders` as matrices: a panel a dataset, a row a strategy, a column a layer."""
    datasets, layers = sorted(orders["dataset"].unique()), sorted(orders["layer"].unique())
    rows = orders[["kind", "strategy"]].drop_duplicates()
    size = 2.0 + max(0.34 * len(layers), 1.6), 0.7 + 0.2 * len(rows)
    figure, grid = panels(datasets, size, note=NOTE, sharey=True)
    for axes, dataset in zip(grid, datasets, strict=True):
        of = orders[orders["dataset"] == dataset]
        means = of.pivot_table(index="strategy", columns="layer", values="removed_at")
        values = means.reindex(index=rows["strategy"], columns=layers).to_numpy(dtype=float)
        matrix(axes, values, Normalize(0, len(layers)), lambda place: f"{place:.1f}".removesuffix(".0"), cmap="Blues")
        axes.set_xticks(range(len(layers)), [str(layer) for layer in layers])
        axes.set_xlabel("layer")
        name_rows(axes, list(rows["strategy"]), [COLOURS[kind] for kind in rows["kind"]])
    return figure
