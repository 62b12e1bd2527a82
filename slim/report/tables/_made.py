"""Every table of the report, from what was read."""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from slim.report.tables.comparisons import comparisons
from slim.report.tables.curves import curves
from slim.report.tables.depths import depths
from slim.report.tables.fits import fits
from slim.report.tables.interactions import interactions
from slim.report.tables.learned import learned
from slim.report.tables.maxima import maxima
from slim.report.tables.orders import orders
from slim.report.tables.ranks import ranks
from slim.report.tables.regret import regret
from slim.report.tables.results import results
from slim.report.tables.search import search
from slim.report.tables.sensitivity import sensitivity
from slim.report.tables.shapley import shapley
from slim.report.tables.signal_correlations import signal_correlations
from slim.report.tables.signals import signals
from slim.report.tables.weights import weights
from slim.subsets.lattice import Lattice


def made(
    *,
    measured: Iterable[dict[str, Any]],
    pruned: Iterable[pd.DataFrame],
    recipes: Iterable[dict[str, Any]],
    ranked: Iterable[dict[str, Any]],
    fused: Iterable[dict[str, Any]],
    fitted: Iterable[dict[str, Any]],
    raw: Mapping[str, Lattice],
    target: Mapping[str, Lattice],
    resamples: int,
    level: float,
) -> dict[str, pd.DataFrame]:
    """name -> table, each as its module in `slim.report.tables` defines it. What was read: see
    `slim.report.tables._read`.

    measured, pruned, recipes, ranked, fused, fitted: its results, curves, recipes, orders, fusions and their fits
    raw, target: the lattices of every run without recovery, and those that the curves show
    """
    ranked, fused, fitted = list(ranked), list(fused), list(fitted)
    fusions = [record["strategy"] for record in fused]
    lines = curves(pruned, fusions)
    scores, searched = signals(ranked), search(raw, fused)
    return {
        "results": results(measured),
        "curves": lines,
        "maxima": maxima(lines),
        "regret": regret(lines),
        "comparisons": comparisons(lines, target, resamples=resamples, level=level),
        "ranks": ranks(lines),
        "depths": depths(recipes, fusions),
        "orders": orders(lines),
        "signals": scores,
        "signal_correlations": signal_correlations(scores),
        "fits": fits(fitted),
        "weights": weights(fitted),
        "learned": learned(fused, searched),
        "sensitivity": sensitivity(ranked, fused, raw),
        "shapley": shapley(raw),
        "interactions": interactions(raw),
        "search": searched,
    }
