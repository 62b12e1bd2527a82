"""How accurate the models of each dataset are, beside how large they are."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from slim.report.figures._matrix import down
from slim.report.figures._sheet import Room, absent, sheet
from slim.report.figures._style import GREY, INK, styled

LINE = 0.27
COLOURS = {
    "tfidf_linear": "#8A8A8A",
    "teacher": "#000000",
    "pruned": "#C84B00",
    "hard_labels": "#3A9BD9",
    "distilled": "#0072B2",
}
DASHES: dict[str, Any] = {"teacher": "-", "tfidf_linear": (0, (1, 2))}
FILLED = {"tfidf_linear", "teacher", "pruned", "distilled"}
NOTE = (
    "Test accuracy (%), mean over seeds; line: bootstrap interval over test items, mean of the seeds'; ticks: single "
    "seeds, where there are several. Hollow: the control, trained on hard labels. Vertical lines: the teacher and, "
    "dotted, the linear floor."
)


@styled
def models(results: pd.DataFrame, means: pd.DataFrame) -> Figure:
    """Test accuracy (percent) with its bootstrap interval, a panel a dataset, a line a model.

    results: one row a model and seed, drawn as small marks; means: the same averaged over seeds, drawn large.
    """
    if means.empty:
        return absent("models were")
    datasets = sorted(means["dataset"].unique())
    lines = int(means.groupby("dataset").size().max())
    figure, panels = sheet(datasets, (1.95, LINE * lines), Room(1.85, 1.7, 0.06, 0.55), note=NOTE)
    for axes, dataset in zip(panels, datasets, strict=True):
        _panel(axes, results[results["dataset"] == dataset], means[means["dataset"] == dataset].reset_index(drop=True))
    return figure


def _panel(axes: Axes, results: pd.DataFrame, means: pd.DataFrame) -> None:
    for name, dashes in DASHES.items():
        for level in means.loc[means["model"] == name, "accuracy"]:
            axes.axvline(level, color=GREY if name == "teacher" else "#AAAAAA", linewidth=1.2, ls=dashes, zorder=0)
    for row, (_, model) in enumerate(means.iterrows()):
        colour = COLOURS.get(model["model"], "#8A7A00")
        ends = [model["accuracy_low"], model["accuracy_high"]]
        axes.plot(ends, [row, row], color=colour, linewidth=2.4, alpha=0.45, solid_capstyle="butt")
        seeds = results[(results["model"] == model["model"]) & (results["student"].fillna("") == model["student"])]
        if len(seeds) > 1:
            axes.plot(seeds["accuracy"], [row] * len(seeds), "|", color=colour, markersize=9, markeredgewidth=0.9)
        face = colour if model["model"] in FILLED else "white"
        axes.plot(model["accuracy"], row, "o", color=colour, markerfacecolor=face, markersize=6, zorder=3)
        axes.text(1.03, row, _beside(model), transform=axes.get_yaxis_transform(), va="center", fontsize=8)
    down(axes, [_name(model) for _, model in means.iterrows()], [INK] * len(means))
    axes.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 4, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:g}"))
    axes.set_xlabel("test accuracy (%)")
    axes.spines["left"].set_visible(False)


def _name(model: pd.Series) -> str:
    name = str(model["model"]).replace("_", " ")
    return f"{name} ({str(model['student']).replace('_', ' ')})" if model["student"] else name


def _beside(model: pd.Series) -> str:
    parts = [f"{100 * model['accuracy']:.1f} %"]
    if pd.notna(model["layers"]):
        parts.append(f"{model['layers']:g} layers" if model["layers"] % 1 == 0 else f"{model['layers']:.1f} layers")
    if pd.notna(model["bytes"]):
        parts.append(f"{model['bytes'] / 1e6:.1f} MB")
    return " · ".join(parts)
