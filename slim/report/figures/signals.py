"""What do the signals say of the layers, and which of them say the same?"""

import pandas as pd
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from slim.report.figures.style import COLOURS, matrix, name_rows, panels
from slim.report.numbers import number, words

NOTE = (
    "Left: the score of each layer in standard deviations from the mean over layers, mean over seeds; purple: the "
    "signal would keep the layer, orange: remove it. Right: Spearman's rank correlation of signals over layers; "
    "purple: they rank layers alike, orange: they contradict one another."
)


def signals(scores: pd.DataFrame, correlations: pd.DataFrame) -> Figure:
    """The tables `signals` and `signal_correlations` as matrices: a row of two panels a dataset."""
    datasets, layers = sorted(scores["dataset"].unique()), sorted(scores["layer"].unique())
    rows = scores[["kind", "strategy"]].drop_duplicates()
    names, colours = list(rows["strategy"]), [COLOURS[kind] for kind in rows["kind"]]
    titles = [title for dataset in datasets for title in (dataset, f"{dataset}: correlations")]
    figure, grid = panels(titles, (5.4, 1.5 + 0.22 * len(names)), note=NOTE)
    for place, dataset in enumerate(datasets):
        left, right = grid[2 * place : 2 * place + 2]
        table = scores[scores["dataset"] == dataset].pivot_table(index="strategy", columns="layer", values="z")
        values = table.reindex(index=names, columns=layers).to_numpy(dtype=float)
        matrix(left, values, Normalize(-2.5, 2.5), lambda z: number(z, ".1f"), cmap="PuOr")
        left.set_xticks(range(len(layers)), [str(layer) for layer in layers])
        left.set_xlabel("layer")
        pairs = correlations[correlations["dataset"] == dataset].pivot_table(
            index="first", columns="second", values="rho"
        )
        values = pairs.reindex(index=names, columns=names).to_numpy(dtype=float)
        matrix(right, values, Normalize(-1, 1), _two, cmap="PuOr", size=6.5)
        right.set_xticks(range(len(names)), [words(name) for name in names], rotation=90)
        for axes in (left, right):
            name_rows(axes, names, colours)
    return figure


def _two(rho: float) -> str:
    """Two decimals without the zero before them: .85, −.07, 1."""
    text = number(rho, ".2f").replace("0.", ".", 1)
    return text.removesuffix(".00") if text.endswith("1.00") else text.replace(".00", "0")
