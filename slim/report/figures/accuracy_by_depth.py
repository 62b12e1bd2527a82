"""Accuracy against the number of layers removed: the paper's Figure 1, taken apart until every curve can be read."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from slim.report.figures._sheet import MARGIN, WIDTH, absent, box, head, write
from slim.report.figures._style import COLOURS, DASHES, GREY, INK, MARKS, label_ends, several, styled

COLUMNS = 3
PANEL, LEFT, HEAD, ROW, FOOT = (1.95, 1.65), 0.4, 0.62, 2.1, 0.2
"""Inches: the plotting area of a panel, room for its ticks, the heading of a dataset, a row of panels, its end."""
NOTE = (
    "Test accuracy (%) against layers removed, {seeds}. Black dashes: oracle, the best subset on validation. "
    "Horizontal line: unpruned teacher. Grey: the other panels' strategies. {bands}"
)


@styled
def accuracy_by_depth(curves: pd.DataFrame) -> Figure:
    """Test accuracy (percent, mean over seeds) by depth: a block a dataset, a panel a family of strategies.

    In each panel its own strategies are coloured and named, all others light grey; the oracle is bold, black and
    dashed, the unpruned teacher a horizontal line. With several seeds every coloured curve has a band from its lowest
    seed to its highest; that of random is from its worst draw to its best, with any number of seeds.
    """
    if curves.empty:
        return absent("accuracy was")
    datasets = sorted(curves["dataset"].unique())
    families = [family for family in COLOURS if (curves["family"] == family).any()]
    rows = -(-len(families) // COLUMNS)
    top, block = head(WIDTH, note := _how_to_read(curves)), HEAD + rows * ROW + FOOT
    figure = Figure(figsize=(WIDTH, top + block * len(datasets)))
    write(figure, note)
    for number, dataset in enumerate(datasets):
        above = top + number * block
        at = MARGIN / WIDTH, 1 - (above + 0.1) / figure.get_figheight()
        figure.text(*at, dataset, fontsize=13, fontweight="bold", va="top")
        places = [
            (LEFT + place % COLUMNS * WIDTH / COLUMNS, above + HEAD + place // COLUMNS * ROW)
            for place in range(len(families))
        ]
        grid = [figure.add_axes(box(figure, left, high, *PANEL)) for left, high in places]
        _block(grid, curves[curves["dataset"] == dataset], families)
    return figure


def _how_to_read(curves: pd.DataFrame) -> str:
    if several(curves):
        return NOTE.format(
            seeds="mean over seeds", bands="Bands: lowest seed to highest; of random, worst draw to best."
        )
    return NOTE.format(seeds="one seed", bands="Band: random orders, worst draw to best.")


def _block(grid: list[Axes], curves: pd.DataFrame, families: list[str]) -> None:
    means: pd.DataFrame = curves.groupby(["family", "strategy", "removed"])["test_accuracy"].mean().reset_index()
    span = curves["test_accuracy"].min(), curves["test_accuracy"].max()
    margin = 0.06 * (span[1] - span[0]) + 1e-3
    last = int(means["removed"].max())
    for place, (axes, family) in enumerate(zip(grid, families, strict=True)):
        axes.set(xlim=(-0.1, last), ylim=(span[0] - margin, span[1] + margin))
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.yaxis.set_major_locator(MaxNLocator(5))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.0f}"))
        axes.tick_params(labelbottom=place + COLUMNS >= len(families), labelleft=place % COLUMNS == 0)
        if place + COLUMNS >= len(families):
            axes.set_xlabel("layers removed")
        axes.set_title(family, color=COLOURS[family], pad=3)
        _panel(axes, curves, means, family, last)


def _panel(axes: Axes, curves: pd.DataFrame, means: pd.DataFrame, family: str, last: int) -> None:
    others = means[(means["family"] != family) & (means["strategy"] != "oracle")]
    for _, curve in others.groupby("strategy"):
        axes.plot(curve["removed"], curve["test_accuracy"], color=GREY, linewidth=0.7, zorder=1)
    teacher = means.loc[means["removed"] == 0, "test_accuracy"].mean()
    axes.axhline(teacher, color=INK, linewidth=0.6, zorder=1.5)
    own = curves[(curves["family"] == family) & (curves["strategy"] != "oracle")]
    for _, found in own.groupby("strategy"):
        _band(axes, found, COLOURS[family])
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


def _band(axes: Axes, found: pd.DataFrame, colour: str) -> None:
    """From the lowest to the highest of a strategy's draws, means over seeds, or, with one draw, of its seeds."""
    by = "draw" if several(found, "draw") else "seed"
    if several(found, by):
        ends = found.groupby([by, "removed"])["test_accuracy"].mean().groupby("removed").agg(["min", "max"])
        axes.fill_between(ends.index, ends["min"], ends["max"], color=colour, alpha=0.14, linewidth=0)


def short(strategy: str, family: str) -> str:
    """The name of a strategy without that of its family, which its panel already says."""
    prefix = {"mutual information": "mi_"}.get(family, f"{family}_")
    return strategy.removeprefix(prefix).replace("_", " ")
