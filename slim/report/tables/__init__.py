"""One file a table; every table of the report, and how they are written."""

from pathlib import Path

import pandas as pd

from slim.report.read import Measurements
from slim.report.tables.comparisons import comparisons, strategy_comparisons
from slim.report.tables.curves import curves
from slim.report.tables.maxima import maxima
from slim.report.tables.orders import orders
from slim.report.tables.ranks import ranks
from slim.report.tables.results import recipes, results
from slim.report.tables.search import search
from slim.report.tables.sensitivity import sensitivity
from slim.report.tables.signals import signal_correlations, signals
from slim.report.tables.weights import weights
from slim.utils.io import written_aside

Tables = dict[str, pd.DataFrame]


def report_tables(measured: Measurements, *, resamples: int, level: float) -> Tables:
    """Name -> table, each as its module defines it. `resamples`, `level`: of the bootstrap intervals."""
    rows = results(measured.records)
    lines = curves(measured.curves, [record["strategy"] for record in measured.fused])
    scores = signals(measured.orders)
    return {
        "results": rows,
        "recipes": recipes(rows, measured.correct, resamples=resamples, level=level),
        "comparisons": comparisons(rows, measured.correct, resamples=resamples, level=level),
        "curves": lines,
        "maxima": maxima(lines),
        "strategy_comparisons": strategy_comparisons(lines, measured.paths, resamples=resamples, level=level),
        "ranks": ranks(lines),
        "orders": orders(lines),
        "signals": scores,
        "signal_correlations": signal_correlations(scores),
        "weights": weights(measured.fused),
        "search": search(measured.raw, measured.fused),
        "sensitivity": sensitivity(measured.orders, measured.fused, measured.raw),
    }


def write_tables(tables: Tables, folder: str | Path) -> None:
    """`<name>.csv` in a folder for each table: six significant digits, blanks for what is missing."""
    for name, table in tables.items():
        with written_aside(Path(folder) / f"{name}.csv") as aside:
            table.to_csv(aside, index=False, float_format="%.6g", na_rep="", lineterminator="\n", encoding="utf-8")
