"""Tables whose colours say where to look: strategies down the side, a number in every cell."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import Normalize, to_rgb
from matplotlib.text import Text
from numpy.typing import NDArray

from slim.report.figures._style import COLOURS, INK
from slim.report.tables._format import words

Floats = NDArray[np.float64]
Row = tuple[str, str]
"""Family and strategy."""
NAMES, LINE = 1.75, 0.205
"""Inches: the column of strategies' names, and the height of a row."""
LOSS, SIDES, STAYS = "Blues", "PuOr", "Blues"
"""Colour maps that colour-blind readers can tell the ends of: more is worse; around zero; more stays."""


def rows_of(table: pd.DataFrame, by: str | None = None) -> list[Row]:
    """The strategies of a table, family after family; in each by the mean of a column, the least first, then name."""
    means: Any = table.groupby(["family", "strategy"])[by].mean().fillna(float("inf")) if by else {}
    place = {family: i for i, family in enumerate(COLOURS)}
    found = table[["family", "strategy"]].drop_duplicates().itertuples(index=False)
    keys = [(str(family), str(strategy)) for family, strategy in found]
    return sorted(keys, key=lambda key: (place[key[0]], means[key] if by else 0.0, key[1]))


def cells(table: pd.DataFrame, rows: Sequence[Row], columns: Sequence[Any], column: str, value: str) -> Floats:
    """[rows, columns] of means over whatever else the table runs over; NaN where it has nothing."""
    means = table.groupby(["strategy", column])[value].mean().unstack(column)
    return means.reindex(index=[strategy for _, strategy in rows], columns=list(columns)).to_numpy(dtype=float)


def matrix(
    axes: Axes,
    values: Floats,
    norm: Normalize,
    form: Callable[[Any], str],
    *,
    cmap: str = LOSS,
    shade: Floats | None = None,
    size: float = 7.5,
) -> dict[tuple[int, int], Text]:
    """Coloured cells with their numbers, row 0 on top; a cell without a number stays white.

    shade: what the colours show, unless that is the numbers themselves. Returns (row, column) -> what is printed.
    """
    down, across = values.shape
    shown = np.where(np.isfinite(values), values if shade is None else shade, np.nan)
    axes.pcolormesh(
        np.arange(across + 1) - 0.5, np.arange(down + 1) - 0.5, np.ma.masked_invalid(shown), cmap=cmap, norm=norm,
        edgecolors="white", linewidth=0.5,
    )  # fmt: skip
    printed = {}
    for (row, column), value in np.ndenumerate(values):
        if np.isfinite(value):
            colour = readable(colormaps[cmap](norm(shown[row, column])))
            place: Any = {"ha": "center", "va": "center_baseline"}
            printed[row, column] = axes.text(column, row, form(value), color=colour, fontsize=size, **place)
    axes.set(xlim=(-0.5, across - 0.5), ylim=(down - 0.5, -0.5))
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    return printed


def head(axes: Axes, labels: Sequence[Any], **text: Any) -> None:
    """Name the columns, above them."""
    axes.set_xticks(range(len(labels)), [str(label) for label in labels], **text)
    axes.tick_params(top=False, labeltop=True, labelbottom=False, pad=2, axis="x")


def side(axes: Axes, rows: Sequence[Row]) -> None:
    """Name the rows in the colours of their families, which white lines keep apart."""
    down(axes, [words(strategy) for _, strategy in rows], [COLOURS[family] for family, _ in rows])
    for place in range(1, len(rows)):
        if rows[place][0] != rows[place - 1][0]:
            axes.axhline(place - 0.5, color="white", linewidth=2.5, zorder=1.5)


def down(axes: Axes, labels: Sequence[str], colours: Sequence[str], **text: Any) -> None:
    """Name what stands at 0, 1, ... of the vertical axis, which runs down, each in its colour."""
    axes.set_yticks(range(len(labels)), labels, **text)
    axes.tick_params(axis="y", length=0)
    for tick, colour in zip(axes.yaxis.get_major_ticks(), colours, strict=True):
        tick.label1.set_color(colour)
    axes.set_ylim(len(labels) - 0.5, -0.5)


def around_zero(values: Any) -> Normalize:
    """Colours for numbers of either sign: white at 0, both ends equally far."""
    known = np.abs(np.asarray(values, dtype=float))
    most = float(known[np.isfinite(known)].max(initial=1e-9))
    return Normalize(-most, most)


def readable(colour: Any) -> str:
    """White or ink, whichever stands out from a colour."""
    red, green, blue = to_rgb(colour)
    return "white" if 0.299 * red + 0.587 * green + 0.114 * blue < 0.55 else INK
