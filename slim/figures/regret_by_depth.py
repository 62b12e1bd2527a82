"""Regret against the number of layers removed, as a table whose colours say where to look."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure

from slim.figures._style import COLOURS, INK, styled

ACROSS = 2
NAMES, CELL, LINE, HEAD = 1.75, 0.5, 0.21, 0.95
"""Inches: the column of names, a cell's width and height, and the heading of a dataset."""


@styled
def regret_by_depth(curves: pd.DataFrame) -> Figure:
    """Test accuracy lost against the best subset of the same size, in percentage points, mean over seeds and draws.

    A panel a dataset, a row a strategy (coloured by family), a column a number of layers removed. The best subset is
    chosen on the test items themselves, so even the oracle, chosen on validation, has a regret. Without any measured
    regret the figure says so.
    """
    found = curves[(curves["removed"] >= 1) & curves["test_regret"].notna()]
    datasets = sorted(found["dataset"].unique())
    strategies = _rows(found)
    depths = sorted(found["removed"].unique())
    across, down = min(ACROSS, max(len(datasets), 1)), -(-max(len(datasets), 1) // ACROSS)
    width, height = NAMES + CELL * (len(depths) + 1) + 0.15, HEAD + LINE * len(strategies) + 0.15
    figure = Figure(figsize=(width * across, height * down))
    if not datasets:
        figure.text(0.05, 0.5, "regret was not measured")
    norm = PowerNorm(0.6, vmin=0, vmax=max(100 * found["test_regret"].max(), 1e-9) if len(found) else 1)
    for place, dataset in enumerate(datasets):
        left, top = (place % ACROSS) * width + NAMES, (place // ACROSS) * height + HEAD
        cells = CELL * (len(depths) + 1), LINE * len(strategies)
        total = figure.get_size_inches()
        box = (left / total[0], 1 - (top + cells[1]) / total[1], cells[0] / total[0], cells[1] / total[1])
        _panel(figure.add_axes(box), found[found["dataset"] == dataset], strategies, depths, norm)
        inches = (place % ACROSS) * width + 0.12, (place // ACROSS) * height
        figure.text(inches[0] / total[0], 1 - (inches[1] + 0.12) / total[1], dataset, **_TITLE)
        note = "accuracy lost against the best subset (points), by layers removed"
        figure.text(inches[0] / total[0], 1 - (inches[1] + 0.38) / total[1], note, va="top", color="#555555")
    return figure


_TITLE: dict[str, Any] = {"fontsize": 12, "fontweight": "bold", "va": "top"}


def _rows(found: pd.DataFrame) -> list[tuple[str, str]]:
    """(family, strategy), family after family, the least regret first in each."""
    means = found.groupby(["family", "strategy"])["test_regret"].mean()
    place = {family: i for i, family in enumerate(COLOURS)}
    keys = [(str(family), str(strategy)) for family, strategy in means.index]
    return sorted(keys, key=lambda key: (place[key[0]], means[key], key[1]))


def _panel(
    axes: Axes, found: pd.DataFrame, strategies: list[tuple[str, str]], depths: list[int], norm: PowerNorm
) -> None:
    cells = found.groupby(["strategy", "removed"])["test_regret"].mean().unstack("removed")
    cells = 100 * cells.reindex(index=[strategy for _, strategy in strategies], columns=depths)
    cells["mean"] = cells.mean(axis=1, skipna=False)
    values = cells.to_numpy(dtype=float)
    axes.imshow(np.clip(values, 0, None), cmap="Blues", norm=norm, aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        if np.isfinite(value):
            shade = "white" if norm(max(value, 0)) > 0.6 else INK
            text = f"{value + 0.0:.1f}".replace("-0.0", "0.0").replace("-", "−")
            weight = "bold" if column == len(depths) else "normal"
            axes.text(column, row, text, ha="center", va="center", color=shade, fontsize=7.5, fontweight=weight)
    axes.axvline(len(depths) - 0.5, color="white", linewidth=3)
    for row in range(1, len(strategies)):
        if strategies[row][0] != strategies[row - 1][0]:
            axes.axhline(row - 0.5, color="white", linewidth=3)
    axes.set_xticks(range(len(depths) + 1), [*map(str, depths), "mean"])
    axes.set_yticks(range(len(strategies)), [strategy.replace("_", " ") for _, strategy in strategies])
    for label, (family, _) in zip(axes.get_yticklabels(), strategies, strict=True):
        label.set_color(COLOURS[family])
    axes.tick_params(length=0, top=False, labeltop=True, labelbottom=False)
    axes.spines[:].set_visible(False)
