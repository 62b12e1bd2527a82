"""The contenders' largest accuracies, each in two readings."""

from collections.abc import Callable
from typing import Any

import pandas as pd

from slim.report.claims._numbers import printed
from slim.report.claims._paper import CONTENDERS
from slim.report.claims._reading import Outcomes, Reading
from slim.report.claims._rows import absent, datasets_of

READINGS = {"optimistic": "optimistic", "honest": "accuracy"}
"""Reading -> column of `maxima`: the largest test accuracy, as in the paper, and that where validation is best."""


def contenders(maxima: pd.DataFrame) -> tuple[dict[str, pd.DataFrame], dict[str, list[str]]]:
    """dataset -> maxima of the contenders as printed, by strategy; and dataset -> contenders it lacks."""
    columns = list(READINGS.values())
    by_dataset = {d: maxima[maxima["dataset"] == d].dropna(subset=columns) for d in datasets_of(maxima)}
    found = {d: absent(of, CONTENDERS) for d, of in by_dataset.items()}
    tables = {
        d: of.set_index("strategy").loc[list(CONTENDERS), columns].map(printed)
        for d, of in by_dataset.items()
        if not found[d]
    }
    return tables, found


def both(
    tables: dict[str, pd.DataFrame],
    outcome: Callable[["pd.Series[float]"], str],
    holds: str,
    rule: Callable[[Outcomes], bool],
    lacking: dict[str, str],
) -> tuple[Reading, Reading]:
    """The optimistic and the honest reading."""
    optimistic, honest = (
        Reading({d: outcome(of[column]) for d, of in tables.items()}, holds, rule, lacking)
        for column in READINGS.values()
    )
    return optimistic, honest


def numbers_of(tables: dict[str, pd.DataFrame], of: Callable[["pd.Series[float]"], dict[str, Any]]) -> dict[str, Any]:
    return {d: {name: of(table[column]) for name, column in READINGS.items()} for d, table in tables.items()}


def best_of(shown: "pd.Series[float]") -> list[str]:
    return sorted(shown.index[shown == shown.max()])
