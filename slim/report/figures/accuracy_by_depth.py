"""Accuracy against the number of layers removed: the paper's Figure 1, a panel a kind of strategy."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from slim.report.figures.style import COLOURS, DASHES, GREY, INK, MARKS, label_ends, panels
from slim.report.numbers import words

SIZE = 2.75, 2.25
NOTE = (
    "Test accuracy (%) against layers removed, mean over seeds. Bands: from the lowest seed to the highest; of random "
    "orders, from the worst draw to the best. Black dashes: oracle, the best subset on validation. Horizontal line: "
    "the teacher. Grey: the strategies of the other panels."
)


def accuracy_by_depth(curves: pd.DataFrame) -> Figure:
    """The table `curves`: a row of panels a dataset, in each the strategies of one kind."""
    kinds = [kind for kind in COLOURS if (curves["kind"] == kind).any()]
    columns = min(4, len(kinds))
    slots = [*kinds, *[None] * (-len(kinds) % columns)]
    places = [(str(dataset), kind) for dataset in sorted(curves["dataset"].unique()) for kind in slots]
    titles = [f"{dataset}\n{kind}" if kind == kinds[0] else f"\n{kind or ''}" for dataset, kind in places]
    figure, grid = panels(titles, SIZE, note=NOTE, columns=columns)
    for axes, (dataset, kind) in zip(grid, places, strict=True):
        if kind:
            _panel(axes, curves[curves["dataset"] == dataset], kind)
        else:
            axes.set_axis_off()
    return figure


def _panel(axes: Axes, curves: pd.DataFrame, kind: str) -> None:
    means = curves.groupby(["kind", "strategy", "removed"])["test_accuracy"].mean().reset_index()
    low, high, last = curves["test_accuracy"].min(), curves["test_accuracy"].max(), int(curves["removed"].max())
    axes.set(xlim=(-0.1, last), ylim=(low - 0.05 * (high - low), high + 0.03 * (high - low)), xlabel="layers removed")
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda fraction, _: f"{100 * fraction:.0f}"))
    competing = means["strategy"] != "oracle"
    for _, curve in means[(means["kind"] != kind) & competing].groupby("strategy"):
        axes.plot(curve["removed"], curve["test_accuracy"], color=GREY, linewidth=0.7, zorder=1)
    axes.axhline(means.loc[means["removed"] == 0, "test_accuracy"].mean(), color=INK, linewidth=0.6, zorder=1.5)
    ends = []
    for place, (strategy, curve) in enumerate(means[(means["kind"] == kind) & competing].groupby("strategy")):
        _band(axes, curves[curves["strategy"] == strategy], COLOURS[kind])
        axes.plot(
            curve["removed"], curve["test_accuracy"], color=COLOURS[kind], linewidth=1.4, markersize=3.6,
            linestyle=DASHES[place % len(DASHES)], marker=MARKS[place % len(MARKS)], markeredgecolor="white",
            markeredgewidth=0.5, zorder=4, clip_on=False,
        )  # fmt: skip
        ends.append((_short(str(strategy), kind), float(curve["test_accuracy"].iloc[-1]), COLOURS[kind]))
    oracle = means[~competing]
    if len(oracle) == last + 1:  # else it is not known at every depth
        axes.plot(oracle["removed"], oracle["test_accuracy"], color="black", linewidth=1.6, linestyle="--", zorder=3)
        ends.append(("oracle", float(oracle["test_accuracy"].iloc[-1]), "black"))
    label_ends(axes, ends, last, inches=SIZE[1] - 0.75)


def _band(axes: Axes, curves: pd.DataFrame, colour: str) -> None:
    """From the lowest to the highest of a strategy's draws, means over seeds, or, with one draw, of its seeds."""
    by = "draw" if len(set(curves["draw"])) > 1 else "seed"
    if len(set(curves[by])) > 1:
        ends = curves.groupby([by, "removed"])["test_accuracy"].mean().groupby("removed").agg(["min", "max"])
        axes.fill_between(ends.index, ends["min"], ends["max"], color=colour, alpha=0.12, linewidth=0)


def _short(strategy: str, kind: str) -> str:
    """The name of a strategy without that of its kind, which its panel already says."""
    return words(strategy.removeprefix({"mutual information": "mi_"}.get(kind, f"{kind}_")))
