"""What predicts how good a set of layers is after a short training?"""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from slim.report.figures._budgets import in_order, label
from slim.report.figures._intervals import intervals
from slim.report.figures._matrix import NAMES, down
from slim.report.figures._sheet import WIDTH, Room, absent, sheet
from slim.report.figures._style import COLOURS, INK, several, styled
from slim.report.tables._format import words
from slim.report.tables.curves import family_of

KINDS = ["ceiling", "raw", "shapley", "fusion", "signal", "other"]
"""From top to bottom."""
ALL = "all"
LINE = 0.185
NOTE = (
    "Rank correlation (Spearman) of predictors with test accuracy over sets of {layers} layers, a column of panels a "
    "budget of training. Line: bootstrap interval over sets{seeds}. All datasets: mean over runs. Recovered "
    "validation, the ceiling: validation accuracy after the same training."
)


@styled
def recovery_correlations(table: pd.DataFrame, layers: int | None = None) -> Figure:
    """The table `recovery_correlations` as dots: a row of panels a dataset, `all` first, a column a budget.

    layers: how many stay in the sets that are compared; without it, the number with the most sets, the larger of two.
    """
    if table.empty:
        return absent("recovery was")
    layers = _most(table) if layers is None else layers
    found = table[table["layers"] == layers]
    datasets = sorted(found["dataset"].unique(), key=lambda name: (name != ALL, name))
    if len(datasets) == 2 and ALL in datasets:
        datasets.remove(ALL)
    budgets = in_order(found, ["dataset"])
    rows = _rows(found, budgets[-1])
    places = [(dataset, budget) for dataset in datasets for budget in budgets]
    titles = [_title(dataset) if budget == budgets[0] else " " for dataset, budget in places]
    seeds = ", mean of the seeds' intervals; ticks: single seeds" if several(found) else ""
    size = min(2.2, (WIDTH - NAMES) / len(budgets) - 0.25), LINE * len(rows)
    figure, panels = sheet(
        titles, size, Room(0.1, 0.15, 0.06, 0.55), under=[label(budget) for _, budget in places], names=NAMES,
        note=NOTE.format(layers=layers, seeds=seeds), together=len(budgets),
    )  # fmt: skip
    for axes, (dataset, budget) in zip(panels, places, strict=True):
        _panel(axes, found[(found["dataset"] == dataset) & (found["budget"] == budget)], rows)
    return figure


def _most(table: pd.DataFrame) -> int:
    if "sets" not in table:
        return int(table["layers"].max())
    sets = table.groupby("layers")["sets"].max()
    return int(max(sets.index, key=lambda size: (sets[size], size)))


def _title(dataset: str) -> str:
    return "all datasets" if dataset == ALL else dataset


def _rows(found: pd.DataFrame, budget: str) -> list[tuple[str, str]]:
    """(kind, predictor), kind after kind, in each the strongest at one budget first."""
    last = found[found["budget"] == budget].groupby("predictor")["rho"].mean()
    keys = {(str(kind), str(name)) for kind, name in zip(found["kind"], found["predictor"], strict=True)}
    return sorted(keys, key=lambda key: (KINDS.index(key[0]), -last.get(key[1], -2.0), key[1]))


def colour_of(kind: str, predictor: str) -> str:
    """That of the signal's family or of fusions; ink for what measures accuracy, grey for the rest."""
    if kind == "signal":
        return COLOURS[family_of(predictor, ())]
    return {"fusion": COLOURS["fusion"], "other": "#777777"}.get(kind, INK)


def _panel(axes: Axes, found: pd.DataFrame, rows: list[tuple[str, str]]) -> None:
    axes.axvline(0, color="#999999", linewidth=0.8, zorder=1)
    for place, (kind, predictor) in enumerate(rows):
        of = found[(found["predictor"] == predictor) & (found["kind"] == kind)]
        intervals(axes, place, of[["rho", "low", "high"]].to_numpy(dtype=float), colour_of(kind, predictor))
        if place and rows[place - 1][0] != kind:
            axes.axhline(place - 0.5, color="#CCCCCC", linewidth=0.6, zorder=0)
    down(axes, [words(predictor) for _, predictor in rows], [colour_of(*key) for key in rows], fontsize=8)
    axes.set(xlim=(-1.05, 1.05), xlabel="rank correlation")
    axes.set_xticks([-1, -0.5, 0, 0.5, 1], ["−1", "−.5", "0", ".5", "1"])
    axes.spines["left"].set_visible(False)
