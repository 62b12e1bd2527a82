"""How small, how accurate, beside what, how sure: test accuracy against bytes on disk."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from slim.report.figures.style import INK, QUIET, panels, spread, write_beside

STAGES = {"teacher": INK, "prune": "#C84B00", "distill": "#0072B2", "compress": "#00805E"}
"""Stage -> colour of its recipes."""
SIZE = 5.3, 3.7
"""Inches of a panel."""
TICKS = [m * 10**e for e in range(-2, 6) for m in (1, 1.5, 2, 3, 4, 5, 7)]
NOTE = (
    "Test accuracy against size on disk (log scale), mean over {seeds}; bars: bootstrap interval over seeds and test "
    "items. Teacher black, pruned orange, distilled blue, compressed green. Dashed: linear baselines."
)


def size_accuracy(recipes: pd.DataFrame) -> Figure:
    """The table `recipes`: a panel a dataset, a point a recipe, a horizontal line a baseline."""
    rows = recipes[recipes["dataset"] != "all"]
    seeds = int(rows["seeds"].min())
    note = NOTE.format(seeds="one seed" if seeds == 1 else f"{seeds} seeds")
    figure, grid = panels(datasets := list(dict.fromkeys(rows["dataset"])), SIZE, note=note)
    for axes, dataset in zip(grid, datasets, strict=True):
        _panel(axes, rows[rows["dataset"] == dataset])
    return figure


def _panel(axes: Axes, rows: pd.DataFrame) -> None:
    models = rows[rows["bytes"].notna()].sort_values("bytes")
    low, high = 100 * rows[["accuracy", "low"]].min().min(), 100 * rows[["accuracy", "high"]].max().max()
    rim = 0.05 * (high - low) + 0.2
    axes.set(ylim=(low - rim, high + rim), ylabel="test accuracy (%)", xlabel="size on disk (MB)")
    axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    axes.set_xscale("log")
    sizes = models["bytes"].to_numpy() / 1e6
    ends = sizes.min() / 1.25, sizes.max() * 1.1
    axes.set_xlim(*ends)
    axes.xaxis.set_major_locator(FixedLocator([tick for tick in TICKS if ends[0] <= tick <= ends[1]]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda size, _: f"{size:g}"))
    axes.xaxis.set_minor_locator(NullLocator())
    _baselines(axes, rows[rows["stage"] == "baseline"])
    clusters = np.cumsum(np.diff(np.log(sizes), prepend=np.log(sizes[:1])) > 0.04)
    columns = [(sizes[clusters == c], models[clusters == c]) for c in sorted(set(clusters))]
    for place, (at, of) in enumerate(columns):
        following = columns[place + 1][0].min() if place + 1 < len(columns) else None
        _cluster(axes, at, of, following)


def _baselines(axes: Axes, rows: pd.DataFrame) -> None:
    """Dashed lines, named at the left end."""
    low, high = axes.get_ylim()
    heights = 100 * rows["accuracy"].to_numpy()
    moved = spread(heights + 0.03 * (high - low), 0.045 * (high - low), low, high)
    for name, height, text in zip(rows["recipe"], heights, moved, strict=True):
        axes.axhline(height, color=QUIET, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
        axes.text(0.01, text, name, transform=axes.get_yaxis_transform(), color=QUIET, fontsize=7.5, va="center")


def _cluster(axes: Axes, sizes: np.ndarray, rows: pd.DataFrame, following: float | None) -> None:
    """Models of nearly one size: side by side, so that their intervals can be told apart, with one list of names.

    The names stand to the right, or to the left where the next cluster is too near.
    """
    low, high = axes.get_ylim()
    dodge = 1.009 ** (np.arange(len(rows)) - (len(rows) - 1) / 2)
    accuracy = 100 * rows["accuracy"].to_numpy()
    heights = spread(accuracy, 0.047 * (high - low), low, high)
    left, right = axes.get_xlim()
    inches = (SIZE[0] - 1.5) * np.log((following or np.inf) / sizes.max()) / np.log(right / left)
    beside = inches > 0.25 + 0.068 * max(map(len, rows["recipe"]))
    for (_, row), x, y, text in zip(rows.iterrows(), sizes * dodge, accuracy, heights, strict=True):
        colour = STAGES.get(row["stage"], QUIET)
        axes.plot([x, x], [100 * row["low"], 100 * row["high"]], color=colour, linewidth=1.1, alpha=0.6, zorder=2)
        axes.plot(x, y, "s" if row["stage"] == "teacher" else "o", color=colour, markersize=5.5, zorder=3,
                  markeredgecolor="white", markeredgewidth=0.6)  # fmt: skip
        write_beside(axes, row["recipe"], (x, y), text, colour, 20 if beside else -20)
