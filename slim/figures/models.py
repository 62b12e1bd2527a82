"""How accurate the models of each dataset are, beside how large they are."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from slim.figures._style import GREY, INK, styled

ACROSS = 2
LINE, HEAD = 0.34, 1.15
"""Inches: a model's line, and the heading and axis of a dataset."""
COLOURS = {
    "linear_floor": "#8A8A8A",
    "teacher": "#000000",
    "pruned": "#C84B00",
    "hard_labels": "#3A9BD9",
    "distilled": "#0072B2",
}
FILLED = {"linear_floor", "teacher", "pruned", "distilled"}


@styled
def models(results: pd.DataFrame, means: pd.DataFrame) -> Figure:
    """Test accuracy (percent) with its bootstrap interval, a panel a dataset, a line a model.

    results: one row a model and seed, drawn as small marks; means: the same averaged over seeds, drawn large.
    """
    datasets = sorted(means["dataset"].unique())
    across, down = min(ACROSS, max(len(datasets), 1)), -(-max(len(datasets), 1) // ACROSS)
    lines = int(means.groupby("dataset").size().max())
    figure = Figure(figsize=(6.0 * across, (HEAD + LINE * lines) * down), layout="constrained")
    grid = figure.subplots(down, across, squeeze=False)
    for axes in grid.flat[len(datasets) :]:
        axes.axis("off")
    for axes, dataset in zip(grid.flat, datasets, strict=False):
        _panel(axes, results[results["dataset"] == dataset], means[means["dataset"] == dataset].reset_index(drop=True))
        axes.set_title(dataset, fontsize=12, pad=8)
    return figure


def _panel(axes: Axes, results: pd.DataFrame, means: pd.DataFrame) -> None:
    teacher = means.loc[means["model"] == "teacher", "accuracy"]
    for level in teacher:
        axes.axvline(level, color=GREY, linewidth=1.2, zorder=0)
    for row, (_, model) in enumerate(means.iterrows()):
        colour = COLOURS.get(model["model"], "#8A7A00")
        axes.plot([model["accuracy_low"], model["accuracy_high"]], [row, row], color=colour, linewidth=2.4, alpha=0.45)
        seeds = results[(results["model"] == model["model"]) & (results["student"].fillna("") == model["student"])]
        axes.plot(seeds["accuracy"], [row] * len(seeds), "|", color=colour, markersize=9, markeredgewidth=0.9)
        face = colour if model["model"] in FILLED else "white"
        axes.plot(model["accuracy"], row, "o", color=colour, markerfacecolor=face, markersize=6.5, zorder=3)
        axes.text(1.015, row, _beside(model), transform=axes.get_yaxis_transform(), va="center", fontsize=8)
    axes.set_yticks(range(len(means)), [_name(model) for _, model in means.iterrows()], color=INK)
    axes.set_ylim(len(means) - 0.4, -0.6)
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:g}"))
    axes.set_xlabel("test accuracy (%), mean over seeds with bootstrap interval; ticks: single seeds")
    axes.tick_params(axis="y", length=0)
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
