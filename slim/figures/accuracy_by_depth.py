"""Accuracy against the number of layers removed: the paper's Figure 1, taken apart until every curve can be read."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from slim.figures._style import COLOURS, DASHES, GREY, INK, MARKS, label_ends, styled

COLUMNS = 4
WIDTH, ROW, HEAD = 13.0, 2.3, 0.75
"""Inches: the page, a row of panels, and the heading of a dataset."""


@styled
def accuracy_by_depth(curves: pd.DataFrame) -> Figure:
    """Test accuracy (percent, mean over seeds) by depth: a block a dataset, a panel a family of strategies.

    In each panel its own strategies are coloured and named, all others light grey; the oracle is bold, black and
    dashed, the unpruned teacher a horizontal line, and random a band from its worst to its best draw.
    """
    datasets = sorted(curves["dataset"].unique())
    families = [family for family in COLOURS if (curves["family"] == family).any()]
    rows = -(-len(families) // COLUMNS)
    block = HEAD + rows * ROW
    figure = Figure(figsize=(WIDTH, block * len(datasets)))
    parts = np.atleast_1d(np.array(figure.subfigures(len(datasets), 1)))
    for part, dataset in zip(parts, datasets, strict=True):
        part.text(0.008, 1 - 0.13 / block, dataset, fontsize=13, fontweight="bold", va="top")
        part.text(0.008, 1 - 0.38 / block, _how_to_read(), fontsize=8.5, color="#555555", va="top")
        grid = part.subplots(rows, COLUMNS, sharex=True, sharey=True, squeeze=False)
        top, bottom = 1 - (HEAD + 0.1) / block, 0.42 / block
        part.subplots_adjust(left=0.035, right=0.89, top=top, bottom=bottom, hspace=0.28, wspace=0.8)
        _block(grid, curves[curves["dataset"] == dataset], families)
    return figure


def _how_to_read() -> str:
    return (
        "Test accuracy (%) against layers removed, mean over seeds. Black dashes: oracle, the best subset on "
        "validation. Horizontal line: unpruned teacher. Grey: the other panels' strategies. Band: random orders."
    )


def _block(grid: NDArray[Any], curves: pd.DataFrame, families: list[str]) -> None:
    means: pd.DataFrame = curves.groupby(["family", "strategy", "removed"])["test_accuracy"].mean().reset_index()
    span = means["test_accuracy"].min(), means["test_accuracy"].max()
    margin = 0.06 * (span[1] - span[0]) + 1e-3
    last = int(means["removed"].max())
    for place, axes in enumerate(grid.flat):
        if place >= len(families):
            axes.axis("off")
            continue
        axes.set(xlim=(-0.1, last), ylim=(span[0] - margin, span[1] + margin))
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.yaxis.set_major_locator(MaxNLocator(5))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.0f}"))
        axes.tick_params(labelbottom=place + COLUMNS >= len(families), labelleft=place % COLUMNS == 0)
        if place + COLUMNS >= len(families):
            axes.set_xlabel("layers removed")
        axes.set_title(families[place], color=COLOURS[families[place]], pad=3)
        _panel(axes, curves, means, families[place], last)


def _panel(axes: Axes, curves: pd.DataFrame, means: pd.DataFrame, family: str, last: int) -> None:
    others = means[(means["family"] != family) & (means["strategy"] != "oracle")]
    for _, curve in others.groupby("strategy"):
        axes.plot(curve["removed"], curve["test_accuracy"], color=GREY, linewidth=0.7, zorder=1)
    teacher = means.loc[means["removed"] == 0, "test_accuracy"].mean()
    axes.axhline(teacher, color=INK, linewidth=0.6, zorder=1.5)
    if family == "control":
        _band(axes, curves[curves["strategy"] == "random"])
    ends = _curves(axes, means[(means["family"] == family) & (means["strategy"] != "oracle")], family)
    oracle = means[means["strategy"] == "oracle"]
    if len(oracle):
        axes.plot(oracle["removed"], oracle["test_accuracy"], color="black", linewidth=1.7, linestyle="--", zorder=3)
        ends.append(("oracle", oracle["test_accuracy"].iloc[-1], "black"))
    label_ends(axes, ends, last, room=0.07 * last)


def _curves(axes: Axes, means: pd.DataFrame, family: str) -> list[tuple[str, float, str]]:
    ends = []
    for place, (strategy, curve) in enumerate(means.groupby("strategy")):
        axes.plot(
            curve["removed"], curve["test_accuracy"], color=COLOURS[family], linewidth=1.5, markersize=3.6,
            linestyle=DASHES[place % len(DASHES)], marker=MARKS[place % len(MARKS)], markeredgecolor="white",
            markeredgewidth=0.5, zorder=4, clip_on=False,
        )  # fmt: skip
        ends.append((short(str(strategy), family), float(curve["test_accuracy"].iloc[-1]), COLOURS[family]))
    return ends


def _band(axes: Axes, draws: pd.DataFrame) -> None:
    if len(draws):
        by_draw = draws.groupby(["draw", "removed"])["test_accuracy"].mean().groupby("removed").agg(["min", "max"])
        colour = COLOURS["control"]
        axes.fill_between(by_draw.index, by_draw["min"], by_draw["max"], color=colour, alpha=0.16, linewidth=0)


def short(strategy: str, family: str) -> str:
    """The name of a strategy without that of its family, which its panel already says."""
    prefix = {"mutual information": "mi_"}.get(family, f"{family}_")
    return strategy.removeprefix(prefix).replace("_", " ")
