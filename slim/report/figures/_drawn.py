"""Every figure of the report and of the study, from their tables by name."""

from collections.abc import Callable, Mapping

import pandas as pd
from matplotlib.figure import Figure

from slim.report.figures.accuracy_by_depth import accuracy_by_depth
from slim.report.figures.distillation import distillation
from slim.report.figures.fusion_weights import fusion_weights
from slim.report.figures.interactions import interactions
from slim.report.figures.kept_layers import kept_layers
from slim.report.figures.maxima import maxima
from slim.report.figures.models import models as models_figure
from slim.report.figures.noise import noise
from slim.report.figures.ranks import ranks
from slim.report.figures.recovered_regret import recovered_regret
from slim.report.figures.recovery import recovery
from slim.report.figures.recovery_correlations import recovery_correlations
from slim.report.figures.regret_by_depth import regret_by_depth
from slim.report.figures.removal_order import removal_order
from slim.report.figures.schedules import schedules
from slim.report.figures.search import search
from slim.report.figures.sensitivity import sensitivity
from slim.report.figures.shapley import shapley
from slim.report.figures.signal_correlations import signal_correlations
from slim.report.figures.signals import signals
from slim.report.tables.models import models

Figures = dict[str, tuple[Callable[[pd.DataFrame], Figure], str]]
"""Name -> how it is drawn, and the table it is drawn from, in the order of the page."""
FIGURES: Figures = {
    "accuracy_by_depth": (accuracy_by_depth, "curves"),
    "regret_by_depth": (regret_by_depth, "curves"),
    "maxima": (maxima, "maxima"),
    "ranks": (ranks, "ranks"),
    "fusion_weights": (fusion_weights, "weights"),
    "signals": (signals, "signals"),
    "signal_correlations": (signal_correlations, "signal_correlations"),
    "removal_order": (removal_order, "orders"),
    "kept_layers": (kept_layers, "depths"),
    "sensitivity": (sensitivity, "sensitivity"),
    "shapley": (shapley, "shapley"),
    "interactions": (interactions, "interactions"),
    "search": (search, "search"),
    "models": (lambda results: models_figure(results, models(results)), "results"),
}
"""Those of the report, from the tables of `slim.report.tables._made`."""
STUDY: Figures = {
    "recovery": (recovery, "recovered"),
    "noise": (noise, "noise"),
    "recovery_correlations": (recovery_correlations, "recovery_correlations"),
    "recovered_regret": (recovered_regret, "recovered_regret"),
    "schedules": (schedules, "schedules"),
    "distillation": (distillation, "distillation"),
}
"""Those of the study, from the tables of `slim.report.study`."""


def drawn(tables: Mapping[str, pd.DataFrame], figures: Figures = FIGURES) -> dict[str, Figure]:
    """name -> figure, in the order of the page; none where a table is empty."""
    return {name: draw(tables[table]) for name, (draw, table) in figures.items() if len(tables[table])}
