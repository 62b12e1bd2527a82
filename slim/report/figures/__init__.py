"""One file a figure; every figure of the report and of the study, drawn from their tables."""

from collections.abc import Callable, Mapping

import matplotlib
import pandas as pd
from matplotlib.figure import Figure

from slim.report.figures.accuracy_by_depth import accuracy_by_depth
from slim.report.figures.recovery import recovery
from slim.report.figures.removal_order import removal_order
from slim.report.figures.search import search
from slim.report.figures.signals import signals
from slim.report.figures.size_accuracy import size_accuracy
from slim.report.figures.style import STYLE, note_only

Figures = Mapping[str, tuple[Callable[..., Figure], list[str]]]
FIGURES: Figures = {
    "size_accuracy": (size_accuracy, ["recipes"]),
    "accuracy_by_depth": (accuracy_by_depth, ["curves"]),
    "removal_order": (removal_order, ["orders"]),
    "signals": (signals, ["signals", "signal_correlations"]),
    "search": (search, ["search"]),
}
"""Name -> how it is drawn, and the tables it is drawn from, in the order of the page."""
STUDY: Figures = {"recovery": (recovery, ["recovered"])}
"""Those of the study."""


def draw(tables: Mapping[str, pd.DataFrame], figures: Figures = FIGURES) -> dict[str, Figure]:
    """Name -> figure; one without measurements says so, since dvc.yaml and the page name every picture."""
    drawn = {}
    with matplotlib.rc_context(STYLE):
        for name, (function, needs) in figures.items():
            measured = all(len(tables[table]) for table in needs)
            drawn[name] = function(*map(tables.get, needs)) if measured else note_only(f"{name}: nothing was measured")
    return drawn
