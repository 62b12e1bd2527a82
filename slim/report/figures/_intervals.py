"""Means with intervals along a row."""

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray


def intervals(axes: Axes, row: float, values: NDArray[np.float64], colour: str) -> None:
    """A dot and a line: the means, over seeds, of [value, low, high]; with several seeds a tick for each value.

    The mean of the seeds' intervals covers at least as often as each of them does; the spread between seeds is not
    in it, the ticks show it. Seeds without a value do not count; without any nothing is drawn.
    """
    values = values[np.isfinite(values[:, 0])]
    if not len(values):
        return
    mean, low, high = values.mean(axis=0)
    if np.isfinite([low, high]).all():
        axes.plot([low, high], [row, row], color=colour, linewidth=2.2, alpha=0.4, solid_capstyle="butt", zorder=2)
    if len(values) > 1:
        axes.plot(values[:, 0], np.full(len(values), row), "|", color=colour, markersize=7, markeredgewidth=0.8)
    axes.plot(mean, row, "o", color=colour, markersize=4.6, zorder=3)
