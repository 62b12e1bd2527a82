"""Is it worth measuring signals again after every removal?"""

import pandas as pd
from matplotlib.figure import Figure

from slim.report.figures.sensitivity import dumbbell, finish
from slim.report.figures.style import COLOURS, name_rows, panels
from slim.report.numbers import points

NOTE = (
    "Test regret without recovery (points below the best subset of each size, mean over sizes and seeds): hollow, "
    "signals measured once; full, again after every removal. Right: the change, below zero where that helps."
)


def schedules(table: pd.DataFrame) -> Figure:
    """The table `schedules` as dumbbells: a panel a dataset, a row a signal or fusion."""
    datasets, rows = sorted(table["dataset"].unique()), table[["kind", "strategy"]].drop_duplicates()
    figure, grid = panels(datasets, (3.9, 0.9 + 0.2 * len(rows)), note=NOTE, share=True)
    for axes, dataset in zip(grid, datasets, strict=True):
        of = table[table["dataset"] == dataset].groupby("strategy")
        means = of[["one_shot_regret", "iterative_regret", "difference"]].mean()
        for place, (kind, strategy) in enumerate(rows.itertuples(index=False)):
            if strategy in means.index and means.loc[strategy].notna().all():
                once, again, change = means.loc[strategy]
                dumbbell(axes, place, once, again, COLOURS[str(kind)])
                axes.text(1.02, place, points(change), transform=axes.get_yaxis_transform(), va="center",
                          color=COLOURS[str(kind)], fontsize=7.5)  # fmt: skip
        finish(axes, "change")
        name_rows(axes, list(rows["strategy"]), [COLOURS[kind] for kind in rows["kind"]])
    return figure
