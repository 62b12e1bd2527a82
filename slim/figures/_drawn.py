"""Every figure of the report, from its tables by name."""

from collections.abc import Callable, Mapping

import pandas as pd
from matplotlib.figure import Figure

from slim.figures.accuracy_by_depth import accuracy_by_depth
from slim.figures.fusion_weights import fusion_weights
from slim.figures.interactions import interactions
from slim.figures.kept_layers import kept_layers
from slim.figures.maxima import maxima
from slim.figures.models import models as models_figure
from slim.figures.ranks import ranks
from slim.figures.regret_by_depth import regret_by_depth
from slim.figures.removal_order import removal_order
from slim.figures.search import search
from slim.figures.sensitivity import sensitivity
from slim.figures.shapley import shapley
from slim.figures.signal_correlations import signal_correlations
from slim.figures.signals import signals
from slim.tables.models import models

FIGURES: dict[str, tuple[Callable[[pd.DataFrame], Figure], str]] = {
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
"""Name -> how it is drawn, and the table it is drawn from."""


def drawn(tables: Mapping[str, pd.DataFrame]) -> dict[str, Figure]:
    """name -> figure, in the order of the page, from those of `slim.tables._made`; none where a table is empty."""
    return {name: draw(tables[table]) for name, (draw, table) in FIGURES.items() if len(tables[table])}
