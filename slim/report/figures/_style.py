"""What all figures share: colours, type, labels that do not overlap, and bytes that do not change."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

from slim.utils.io import written_aside

P = ParamSpec("P")

COLOURS = {
    "activation": "#D98500",
    "mutual information": "#3A9BD9",
    "gradient": "#009E73",
    "weight": "#B8578F",
    "attention": "#C84B00",
    "other": "#8A7A00",
    "fusion": "#0072B2",
    "control": "#4D4D4D",
}
"""family -> colour: the Okabe-Ito palette, with its light hues darkened until text in them can be read on white."""
GREY, INK = "#DADADA", "#222222"
MARKS = ["o", "s", "^", "D", "v", "P", "X", "*", "p"]
DASHES = ["-", (0, (5, 1.6)), (0, (1.4, 1.2)), (0, (5, 1.4, 1.2, 1.4)), (0, (8, 2)), (0, (3, 3))]

STYLE: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 8.5,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 8.5,
    "axes.edgecolor": "#999999",
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": "#666666",
    "ytick.color": "#666666",
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "lines.solid_capstyle": "round",
}


def styled(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """The same function under the house's style, whatever matplotlibrc says."""

    @wraps(draw)
    def under_style(*args: P.args, **kwargs: P.kwargs) -> Figure:
        with matplotlib.rc_context(STYLE):
            return draw(*args, **kwargs)

    return under_style


def write_png(figure: Figure, path: str | Path) -> None:
    """The figure at 150 dots an inch; the same figure is the same bytes, since no version or date goes in."""
    with written_aside(path) as aside, matplotlib.rc_context(STYLE):
        figure.savefig(aside, format="png", dpi=150, facecolor="white", metadata={"Software": None})


def write_pngs(figures: dict[str, Figure], folder: str | Path) -> None:
    """A folder that holds `<name>.png` for each figure and nothing else."""
    with written_aside(folder) as aside:
        for name, figure in figures.items():
            write_png(figure, aside / f"{name}.png")


def several(table: pd.DataFrame, column: str = "seed") -> bool:
    """Whether a table runs over more than one seed, or value of another column; what is missing is no value."""
    return len(table[column].dropna().unique()) > 1


def spread(positions: NDArray[np.floating], gap: float, low: float, high: float) -> NDArray[np.floating]:
    """Positions moved as little as possible (least squares) so that neighbours are `gap` apart within [low, high].

    Moving the i-th smallest by -i gap turns the task into isotonic regression. Where the range is too short for
    all, the gap shrinks.
    """
    n = len(positions)
    gap = min(gap, (high - low) / max(n - 1, 1))
    order = np.argsort(positions, kind="stable")
    steps = gap * np.arange(n)
    moved = np.empty(n)
    fitted = isotonic_regression(np.asarray(positions, dtype=float)[order] - steps).x
    moved[order] = np.clip(fitted, low, high - steps[-1] if n else high) + steps
    return moved


def label_ends(
    axes: Axes, ends: list[tuple[str, float, str]], x: float, room: float, *, gap: float = 0.085, size: float = 8
) -> None:
    """Write (label, height, colour) to the right of the curves that end at `x`, apart from one another.

    `room` is the width, in data units, of the leader lines; `gap` the share of the axes' height from line to line.
    """
    low, high = axes.get_ylim()
    heights = spread(np.array([end[1] for end in ends]), (high - low) * gap, low, high)
    for (label, height, colour), moved in zip(ends, heights, strict=True):
        axes.plot([x, x + room], [height, moved], color=colour, linewidth=0.6, clip_on=False)
        axes.text(x + room * 1.25, moved, label, color=colour, va="center", fontsize=size, clip_on=False)
