"""Which way of teaching adds anything over labels alone?"""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from slim.report.figures._intervals import intervals
from slim.report.figures._matrix import down
from slim.report.figures._sheet import QUIET, Room, absent, sheet
from slim.report.figures._style import COLOURS, INK, several, styled
from slim.report.tables._format import number, percent, words

NAMES, LINE = 2.2, 0.24
NOTE = (
    "Test accuracy of a student taught in several ways minus that of its control, which takes as many steps on labels "
    "alone (percentage points). Line: paired bootstrap interval over test items{seeds}. Right: accuracy (%) · steps."
)


@styled
def distillation(table: pd.DataFrame) -> Figure:
    """The table `distillation` as dots with intervals: a panel a dataset, a row a way of teaching, 0 the control."""
    if table.empty:
        return absent("ways of teaching were")
    datasets, variants = sorted(table["dataset"].unique()), list(dict.fromkeys(table["variant"]))
    seeds = ", mean of the seeds' intervals; ticks: single seeds" if several(table) else ""
    size = 2.2, LINE * len(variants)
    figure, panels = sheet(datasets, size, Room(0.15, 1.0, 0.06, 0.55), note=NOTE.format(seeds=seeds), names=NAMES)
    for axes, dataset in zip(panels, datasets, strict=True):
        _panel(axes, table[table["dataset"] == dataset], variants)
    return figure


def _panel(axes: Axes, table: pd.DataFrame, variants: list[str]) -> None:
    axes.axvline(0, color=INK, linewidth=0.9, zorder=1)
    for row, variant in enumerate(variants):
        of = table[table["variant"] == variant]
        values = of[["over_control", "over_control_low", "over_control_high"]].to_numpy(dtype=float)
        intervals(axes, row, 100 * values, COLOURS["fusion"])
        if len(of):
            said = f"{percent(of['accuracy'].mean())} · {number(of['steps'].astype(float).mean(), ',.0f')}"
            axes.text(1.04, row, said, transform=axes.get_yaxis_transform(), va="center", color=QUIET, fontsize=7.5)
    down(axes, [words(variant) for variant in variants], [INK] * len(variants))
    axes.set_xlabel("gain over labels alone (points)")
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda points, _: number(points, "+g") if points else "0"))
    axes.spines["left"].set_visible(False)
