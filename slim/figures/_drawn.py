"""Every figure of the report and of the study, from their tables by name."""

from collections.abc import Callable, Mapping

import pandas as pd
from matplotlib.figure import Figure

from slim.figures.accuracy_by_depth import accuracy_by_depth
from slim.figures.distillation import distillation
from slim.figures.fusion_weights import fusion_weights
from slim.figures.interactions import interactions
from slim.figures.kept_layers import kept_layers
from slim.figures.maxima import maxima
from slim.figures.models import models as models_figure
from slim.figures.noise import noise
from slim.figures.ranks import ranks
from slim.figures.recovered_regret import recovered_regret
from slim.figures.recovery import recovery
from slim.figures.recovery_correlations import recovery_correlations
from slim.figures.regret_by_depth import regret_by_depth
from slim.figures.removal_order import removal_order
from slim.figures.schedules import schedules
from slim.figures.search import search
from slim.figures.sensitivity import sensitivity
from slim.figures.shapley import shapley
from slim.figures.signal_correlations import signal_correlations
from slim.figures.signals import signals
from slim.tables.models import models

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
"""Those of the report, from the tables of `slim.tables._made`."""
STUDY: Figures = {
    "recovery": (recovery, "recovered"),
    "noise": (noise, "noise"),
    "recovery_correlations": (recovery_correlations, "recovery_correlations"),
    "recovered_regret": (recovered_regret, "recovered_regret"),
    "schedules": (schedules, "schedules"),
    "distillation": (distillation, "distillation"),
}
"""Those of the study, from the tables of `slim.study`."""


def drawn(tables: Mapping[str, pd.DataFrame], figures: Figures = FIGURES) -> dict[str, Figure]:
    """name -> figure, in the order of the page; none where a table is empty."""
    return {name: draw(tables[table]) for name, (draw, table) in figures.items() if len(tables[table])}
