"""What all figures share: colours, type, panels, labels that do not overlap, and bytes that do not change."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import fill
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import Normalize, to_rgb
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image
from scipy.optimize import isotonic_regression

from slim.report.numbers import words
from slim.utils.io import written_aside

COLOURS = {
    "activation": "#D98500",
    "mutual information": "#3A9BD9",
    "gradient": "#009E73",
    "weight": "#B8578F",
    "attention": "#C84B00",
    "other": "#8A7A00",
    "fusion": "#0072B2",
    "baseline": "#4D4D4D",
}
"""Kind of strategy -> colour: Okabe-Ito, its light hues darkened until text in them can be read on white."""
GREY, QUIET, INK = "#DADADA", "#555555", "#222222"
MARKS = ["o", "s", "^", "D", "v", "P", "X", "*", "p"]
DASHES: list[Any] = ["-", (0, (5, 1.6)), (0, (1.4, 1.2)), (0, (5, 1.4, 1.2, 1.4)), (0, (8, 2)), (0, (3, 3))]
STYLE: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 8.5,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.edgecolor": "#999999",
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": "#666666",
    "ytick.color": "#666666",
}


def panels(
    titles: Sequence[str], size: tuple[float, float], *, note: str, columns: int = 2, sharey: bool = False
) -> tuple[Figure, list[Axes]]:
    """A figure with one panel a title, `columns` in a row, each of a size in inches, below a note on how to read it.

    sharey: panels show the ticks and labels of their vertical axis in the first column only.
    """
    if not titles:
        return note_only("nothing was measured"), []
    columns = min(columns, len(titles))
    rows = -(-len(titles) // columns)
    width = max(size[0] * columns, 5.5)
    text = fill(note, int(width * 15.5))
    figure = Figure(figsize=(width, size[1] * rows + 0.17 * (text.count("\n") + 2)), layout="constrained")
    figure.suptitle(text, x=0.01, ha="left", fontsize=8.5, color=QUIET, linespacing=1.25)
    figure.get_layout_engine().set(w_pad=0.08, h_pad=0.06)  # type: ignore[call-arg, union-attr]
    grid = list(figure.subplots(rows, columns, squeeze=False, sharey=sharey).flat)
    for axes in grid[len(titles) :]:
        axes.set_axis_off()
    for axes, title in zip(grid, titles, strict=False):
        axes.set_title(title)
    return figure, grid[: len(titles)]


def note_only(text: str) -> Figure:
    """A figure that only says something."""
    figure = Figure(figsize=(5.5, 0.5), layout="constrained")
    figure.suptitle(text, x=0.01, ha="left", fontsize=8.5, color=QUIET)
    return figure


def write_pngs(figures: Mapping[str, Figure], folder: str | Path) -> None:
    """A folder that holds `<name>.png` for each figure and nothing else; the same figures are the same bytes."""
    with written_aside(folder) as aside:
        aside.mkdir()
        for name, figure in figures.items():
            write_png(figure, aside / f"{name}.png")


def write_png(figure: Figure, path: str | Path) -> None:
    """A figure as a picture of 256 colours, a third of the size of all; the same figure is the same bytes."""
    figure.set(dpi=150, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    with matplotlib.rc_context(STYLE):
        canvas.draw()  # unlike `savefig`, which draws everything twice, once for nothing but the layout
    picture = Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3])
    few = picture.quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    with written_aside(path) as aside:
        few.save(aside, format="png", optimize=True, dpi=(150, 150))


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


def label_ends(axes: Axes, ends: Sequence[tuple[str, float, str]], x: float, *, inches: float) -> None:
    """Write (label, height, colour) to the right of curves that end at `x`, apart, in axes so many inches high."""
    low, high = axes.get_ylim()
    heights = spread(np.array([end[1] for end in ends]), 0.15 / inches * (high - low), low, high)
    for (label, height, colour), moved in zip(ends, heights, strict=True):
        write_beside(axes, label, (x, height), moved, colour, 14)


def write_beside(
    axes: Axes, label: str, point: tuple[float, float], height: float, colour: str, away: float, size: float = 8
) -> None:
    """A label so many points right (or, below 0, left) of a point, at another height, joined to it by a thin line."""
    axes.annotate(
        label, point, xytext=(away, height), textcoords=("offset points", axes.transData), color=colour, va="center",
        ha="left" if away > 0 else "right", fontsize=size, annotation_clip=False,
        arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.5, "shrinkA": 1, "shrinkB": 3,
                    "relpos": (0 if away > 0 else 1, 0.5)},
    )  # fmt: skip


def matrix(
    axes: Axes, values: NDArray[np.floating], norm: Normalize, form: Any, *, cmap: str, size: float = 7
) -> None:
    """Coloured cells with their numbers, row 0 on top; a cell without a number stays white."""
    down, across = values.shape
    mesh = axes.pcolormesh(
        np.arange(across + 1) - 0.5, np.arange(down + 1) - 0.5, np.ma.masked_invalid(values), cmap=cmap, norm=norm,
        edgecolors="white", linewidth=0.5,
    )  # fmt: skip
    for (row, column), value in np.ndenumerate(values):
        if np.isfinite(value):
            red, green, blue = to_rgb(mesh.to_rgba(np.array([value]))[0])
            dark = 0.299 * red + 0.587 * green + 0.114 * blue < 0.55
            axes.text(column, row, form(value), color="white" if dark else INK, fontsize=size, ha="center",
                      va="center_baseline", in_layout=False)  # fmt: skip
    axes.set(xlim=(-0.5, across - 0.5), ylim=(down - 0.5, -0.5))
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def name_rows(axes: Axes, labels: Sequence[str], colours: Sequence[str]) -> None:
    """Name what stands at 0, 1, ... of the vertical axis, which runs down, each in its colour."""
    axes.set_yticks(range(len(labels)), [words(label) for label in labels])
    axes.tick_params(axis="y", length=0)
    for tick, colour in zip(axes.yaxis.get_major_ticks(), colours, strict=True):
        tick.label1.set_color(colour)
    axes.set_ylim(len(labels) - 0.5, -0.5)
