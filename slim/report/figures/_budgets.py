"""How long sets of layers were trained: budgets in their order, and their names over two lines."""

from collections.abc import Sequence

import pandas as pd

from slim.report.tables._format import words

NONE = "none"
"""The budget of no training."""


def in_order(table: pd.DataFrame, within: Sequence[str]) -> list[str]:
    """The budgets of a table, in the order in which the parts given by the columns `within` have them.

    Some parts lack some budgets, so that the order in which the whole table first names them would be another.
    """
    part = table[[*within, "budget"]].drop_duplicates()
    place = part.groupby(list(within), dropna=False, sort=False).cumcount()
    latest = place.groupby(part["budget"], sort=False).max()
    return [str(budget) for budget in latest.sort_values(kind="stable").index]


def label(budget: str) -> str:
    """`no training`, `half epoch`."""
    return "no training" if budget == NONE else words(budget)


def two_lines(budget: str) -> str:
    """The label, parted after its first word."""
    return label(budget).replace(" ", "\n", 1)
