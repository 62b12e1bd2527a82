"""Pages of panels, laid out in inches: type and cells keep their size, however many datasets there are."""

from collections.abc import Sequence
from itertools import pairwise
from textwrap import wrap
from typing import NamedTuple

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

WIDTH = 11.0
"""Of the widest page: at 150 dots an inch its type is still 12 pixels high where it is shown 1100 pixels wide."""
NARROWEST = 6.6
MARGIN, LINE, KEY = 0.12, 0.165, 0.18
"""The rim of the page, a line of text, a line that explains marks."""
QUIET = "#555555"


class Room(NamedTuple):
    """Around the plotting area of a panel, for its ticks and labels; that for its titles comes on top."""

    left: float = 0.5
    right: float = 0.2
    top: float = 0.06
    bottom: float = 0.5


def sheet(
    titles: Sequence[str],
    size: tuple[float | Sequence[float], float],
    room: Room,
    *,
    under: Sequence[str] = (),
    note: str = "",
    names: float = 0.0,
    together: int = 1,
    handles: Sequence[Artist] = (),
) -> tuple[Figure, list[Axes]]:
    """A figure with one panel a title, as many side by side as the page holds, and their axes.

    size: width, one or one a panel, and height of the plotting area; under: what stands below each title
    names: room left of every row of panels, for tick labels that only the first of them shows
    together: how many panels a row must not part, as long as it can hold them
    note: how to read the figure, printed on top; handles: marks to explain below it
    """
    high, sizes = size[1], np.broadcast_to(size[0], len(titles)).tolist()
    steps = [room.left + wide + room.right for wide in sizes]
    lines = _lines(steps, WIDTH - names, together)
    width = max(names + max(sum(steps[place] for place in line) for line in lines), NARROWEST)
    folded = ["\n".join(fold(title, step, bold=True)) for title, step in zip(titles, steps, strict=True)]
    titled = room.top + (LINE if under else 0)
    row = titled + LINE * (1 + max(title.count("\n") for title in folded)) + high + room.bottom
    top = head(width, note, handles) + 0.06
    figure = Figure(figsize=(width, top + row * len(lines)))
    write(figure, note, handles)
    axes = []
    for down, line in enumerate(lines):
        above = top + (down + 1) * row - room.bottom - high
        for place in line:
            left = names + room.left + sum(steps[line[0] : place])
            axes.append(figure.add_axes(box(figure, left, above, sizes[place], high)))
            axes[-1].set_title(folded[place], y=1 + titled / high, pad=0)
            if under:
                at = left / width, 1 - (above - room.top) / figure.get_figheight()
                figure.text(*at, under[place], va="bottom", color=QUIET)
            if names:
                axes[-1].tick_params(labelleft=place == line[0])
    return figure, axes


def _lines(steps: Sequence[float], space: float, together: int) -> list[range]:
    """Which panels stand side by side, in rows as full as their widths allow."""
    starts, left = [0], space
    for start in range(0, len(steps), together):
        group = range(start, min(start + together, len(steps)))
        fits = sum(steps[group.start : group.stop]) <= space + 1e-6
        for part in [group] if fits else [range(place, place + 1) for place in group]:
            wide = sum(steps[part.start : part.stop])
            if wide > left + 1e-6 and part.start:
                starts, left = [*starts, part.start], space
            left -= wide
    return [range(start, stop) for start, stop in pairwise([*starts, len(steps)])]


def head(width: float, note: str, handles: Sequence[Artist] = ()) -> float:
    """Inches that a note, and a key to marks, take at the top of a figure so wide."""
    rows = -(-len(handles) // _columns(width, handles)) if handles else 0
    return MARGIN + LINE * len(fold(note, width - 2 * MARGIN)) + (KEY * rows + 0.06 if rows else 0)


def write(figure: Figure, note: str, handles: Sequence[Artist] = ()) -> None:
    """A note, and a key to marks, at the top of a figure."""
    width, height = figure.get_size_inches()
    lines = fold(note, width - 2 * MARGIN)
    figure.text(MARGIN / width, 1 - MARGIN / height, "\n".join(lines), va="top", color=QUIET, linespacing=1.25)
    if handles:
        at = MARGIN / width, 1 - (MARGIN + LINE * len(lines) + 0.06) / height
        figure.legend(
            handles=handles, loc="upper left", bbox_to_anchor=at, ncols=_columns(width, handles), frameon=False,
            borderpad=0.2, borderaxespad=0, handletextpad=0.4, columnspacing=1.4, fontsize=8.5, labelspacing=0.3,
        )  # fmt: skip


def _columns(width: float, handles: Sequence[Artist]) -> int:
    longest = max(len(str(handle.get_label())) for handle in handles)
    return min(max(int((width - 2 * MARGIN) / (0.55 + 0.077 * longest)), 1), len(handles))


def box(figure: Figure, left: float, above: float, width: float, height: float) -> tuple[float, float, float, float]:
    """A rectangle given in inches from the upper left corner, as shares of the figure."""
    across, down = figure.get_size_inches()
    return left / across, 1 - (above + height) / down, width / across, height / down


def fold(text: str, inches: float, *, bold: bool = False) -> list[str]:
    """Lines of at most so many inches in the house's type; what stands on lines of its own stays there."""
    letters = max(int(inches * (10.5 if bold else 15.5)), 1)
    return [line for part in text.split("\n") for line in wrap(part, letters) or [""]] if text else []


def absent(what: str) -> Figure:
    """A figure that says that something was not measured."""
    figure = Figure(figsize=(NARROWEST, 0.5))
    write(figure, f"{what} not measured")
    return figure
