"""How small or how fast, how accurate, beside what, how sure: test accuracy against bytes or against time."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from slim.report.figures.style import GREY, INK, QUIET, panels
from slim.report.numbers import percent

STAGES = {"teacher": INK, "prune": "#C84B00", "distill": "#0072B2", "compress": "#00805E"}
"""Stage -> colour of its recipes."""
PANEL, AREA = (5.5, 4.1), (4.8, 3.3)
"""Inches of a panel, and, about, of its plotting area."""
LETTER, LINE = 0.068, 0.135
"""Inches of a letter and of a line of a label."""
FINE, COARSE = (1, 1.5, 2, 3, 4, 5, 7), (1, 3)
"""Ticks of a decade, where the sizes are of one or of several."""
NOTE = (
    "Test accuracy against {0.what} (log scale), mean over {1}; bars: bootstrap interval over seeds and test "
    "items. Teacher square, pruned orange, distilled blue, compressed green, baselines grey. A triangle at the foot: "
    "further down, at the accuracy beside it. Grey stairs: the front, which no {0.less} model reaches."
)


class Cost(NamedTuple):
    """What the horizontal axis shows; less is better."""

    column: str
    unit: float
    label: str
    what: str
    less: str


SIZE = Cost("bytes", 1e6, "size on disk (MB)", "size on disk", "smaller")
TIME = Cost("short_p50", 1e-3, "median time of a short text alone (ms)", "the time to answer one short text", "faster")


class Box(NamedTuple):
    """A rectangle in inches from the lower left corner of the plotting area."""

    left: float
    right: float
    low: float
    high: float

    def meets(self, other: "Box") -> bool:
        across = self.left < other.right and other.left < self.right
        return across and self.low < other.high and other.low < self.high


def size_accuracy(recipes: pd.DataFrame, cost: Cost = SIZE) -> Figure:
    """The table `recipes`, with a column of the cost: a panel a dataset, a point a recipe or baseline."""
    rows = recipes[recipes["dataset"] != "all"]
    seeds = int(rows["seeds"].min())
    note = NOTE.format(cost, "one seed" if seeds == 1 else f"{seeds} seeds")
    figure, grid = panels(datasets := list(dict.fromkeys(rows["dataset"])), PANEL, note=note)
    for axes, dataset in zip(grid, datasets, strict=True):
        _panel(axes, rows[rows["dataset"] == dataset], cost)
    return figure


def _panel(axes: Axes, rows: pd.DataFrame, cost: Cost) -> None:
    models = rows[rows[cost.column].notna()].sort_values(cost.column)
    low, high = _limits(rows)
    sizes = models[cost.column].to_numpy() / cost.unit
    left, right = sizes.min() / 1.3, sizes.max() * 1.35
    axes.set(ylim=(low, high), ylabel="test accuracy (%)", xlabel=cost.label, xscale="log")
    axes.set_xlim(left, right)
    axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    ticks = [m * 10.0**e for e in range(-3, 6) for m in (FINE if right < 20 * left else COARSE)]
    axes.xaxis.set_major_locator(FixedLocator([tick for tick in ticks if left <= tick <= right]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda size, _: f"{size:g}"))
    axes.xaxis.set_minor_locator(NullLocator())
    front = models["accuracy"] > models["accuracy"].cummax().shift(fill_value=-1)
    heights = np.clip(100 * models["accuracy"][front], low, high)
    axes.plot(sizes[front], heights, color=GREY, linewidth=1.4, drawstyle="steps-post", zorder=1)
    across = AREA[0] * np.log(_dodged(sizes) / left) / np.log(right / left)
    heights = np.clip(100 * models[["low", "accuracy", "high"]].to_numpy(), low, high)
    inches = AREA[1] * (heights - low) / (high - low)
    taken = [Box(x - 0.05, x + 0.05, min(y[0], y[1] - 0.05), max(y[2], y[1] + 0.05)) for x, y in
             zip(across, inches, strict=True)]  # fmt: skip
    for row, x, ends in zip(models.to_dict("records"), _dodged(sizes), heights, strict=True):
        colour, below = STAGES.get(row["stage"], QUIET), 100 * row["accuracy"] < low
        mark = "v" if below else "s" if row["stage"] == "teacher" else "o"
        axes.plot([x, x], ends[[0, 2]], color=colour, linewidth=1.1, alpha=0.6, zorder=2)
        axes.plot(x, ends[1], mark, color=colour, markersize=5.5, zorder=3, markeredgecolor="white",
                  markeredgewidth=0.6, clip_on=False)  # fmt: skip
    for place in np.argsort(-models["accuracy"].to_numpy(), kind="stable"):
        row = models.iloc[place]
        name = row["recipe"] + (f" {percent(row['accuracy'])}" if 100 * row["accuracy"] < low else "")
        point = across[place], inches[place, 1]
        _write(axes, name, point, taken, STAGES.get(row["stage"], QUIET))


def _limits(rows: pd.DataFrame) -> tuple[float, float]:
    """Ends of the axis (%): a pruned model far below teacher and baselines must not flatten all others."""
    known = 100 * rows.loc[rows["stage"].isin(["teacher", "baseline"]), "accuracy"]
    top, bottom = 100 * rows[["accuracy", "high"]].max().max(), 100 * rows[["accuracy", "low"]].min().min()
    floor = known.min() - max(5.0, 1.2 * (known.max() - known.min())) if len(known) else bottom
    bottom = floor if bottom < floor - 0.4 * (top - floor) else bottom
    return bottom - 0.04 * (top - bottom), top + 0.06 * (top - bottom)


def _dodged(sizes: np.ndarray) -> np.ndarray:
    """Sizes in increasing order, equal ones moved apart so that their intervals stay apart."""
    same = np.cumsum(np.diff(np.log(sizes), prepend=np.log(sizes[:1])) > 0.005)
    ranks = np.concatenate([np.arange(n) - (n - 1) / 2 for n in np.bincount(same)])
    return sizes * 1.016**ranks


def _write(axes: Axes, label: str, point: tuple[float, float], taken: list[Box], colour: str) -> None:
    """A label at the nearest free place beside a point, and its box among those taken."""
    width = LETTER * len(label)
    places = list(_places(point, width))
    inside = [box for box in places if box.left >= 0 and box.right <= AREA[0] + 0.3
              and box.low >= 0 and box.high <= AREA[1] + 0.1]  # fmt: skip
    free = [box for box in inside if not any(box.meets(other) for other in taken)]
    box = (free or inside or places)[0]
    taken.append(box)
    x, y = box.left / AREA[0], (box.low + box.high) / 2 / AREA[1]
    right = box.left > point[0]
    arrow = {"arrowstyle": "-", "color": colour, "linewidth": 0.5, "shrinkA": 1, "shrinkB": 3,
             "relpos": (0 if right else 1, 0.5)}  # fmt: skip
    axes.annotate(label, (point[0] / AREA[0], point[1] / AREA[1]), xycoords="axes fraction",
                  xytext=(x if right else box.right / AREA[0], y), textcoords="axes fraction", color=colour,
                  fontsize=8, va="center", ha="left" if right else "right", arrowprops=arrow)  # fmt: skip


def _places(point: tuple[float, float], width: float) -> Iterable[Box]:
    """Boxes of a label, the best first."""
    x, y = point
    steps = [(away, side * up) for away in (0.15, 0.3, 0.6) for up in range(25) for side in (1, -1)]
    for away, up in sorted(steps, key=lambda step: abs(step[1]) + 8 * step[0]):
        middle = y + 0.5 * LINE * up
        for left in (x + away, x - away - width):
            yield Box(left, left + width, middle - LINE / 2, middle + LINE / 2)
