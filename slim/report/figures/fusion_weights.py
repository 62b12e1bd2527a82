"""Which signals do the learned fusions rely on?"""

import pandas as pd
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from slim.report.figures.style import COLOURS, matrix, name_rows, panels
from slim.report.numbers import number, words
from slim.report.tables.curves import kind_of

NOTE = (
    "The weight of each signal in each fusion, in % of the sum of its absolute weights, mean over seeds. Coefficients "
    "of regressions have a sign: orange where removing a layer that the signal would keep is predicted to cost "
    "accuracy. Importances of forests and boosting have none but noise below zero."
)


def fusion_weights(weights: pd.DataFrame) -> Figure:
    """The table `weights` as matrices: a panel a dataset, a row a signal, a column a fusion."""
    datasets = sorted(weights["dataset"].unique())
    fusions = list(weights.sort_values(["unit", "fusion"])["fusion"].unique())
    place = {kind: i for i, kind in enumerate(COLOURS)}
    signals = sorted(weights["signal"].unique(), key=lambda name: (place[kind_of(name)], name))
    total = weights["weight"].abs().groupby([weights[key] for key in ("dataset", "seed", "fusion")]).transform("sum")
    percents = weights.assign(percent=100 * weights["weight"] / total.where(total > 0))
    size = 2.0 + max(0.75 * len(fusions), 1.6), 1.3 + 0.21 * len(signals)
    figure, grid = panels(datasets, size, note=NOTE, sharey=True)
    for axes, dataset in zip(grid, datasets, strict=True):
        of = percents[percents["dataset"] == dataset].pivot_table(index="signal", columns="fusion", values="percent")
        values = of.reindex(index=signals, columns=fusions).to_numpy(dtype=float)
        matrix(axes, values, Normalize(-40, 40), lambda percent: number(percent, ".0f"), cmap="PuOr")
        axes.set_xticks(range(len(fusions)), [words(fusion).replace(" ", "\n") for fusion in fusions], fontsize=7.5)
        name_rows(axes, signals, [COLOURS[kind_of(signal)] for signal in signals])
    return figure
