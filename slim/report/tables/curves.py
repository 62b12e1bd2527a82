"""Accuracy by the number of layers removed, of every strategy, seed and draw."""

from collections.abc import Iterable

import pandas as pd

KEYS = ["dataset", "seed", "strategy", "draw", "removed"]
COLUMNS = [
    "dataset", "family", "strategy", "seed", "draw", "removed", "layers", "kept",
    "validation_accuracy", "validation_loss", "test_accuracy", "test_loss", "validation_regret", "test_regret",
]  # fmt: skip

FAMILIES = ["activation", "mutual information", "gradient", "weight", "attention", "other", "fusion", "control"]
"""Families of strategies, in the order of tables and figures."""
CONTROLS = ("random", "every_other", "top_first", "greedy", "oracle")
"""Strategies that use no signal, wherever params.yaml lists them."""


def family_of(strategy: str, fusions: Iterable[str]) -> str:
    """The family of a strategy: a control, one of `fusions`, or by its first word that of a signal, else `other`."""
    if strategy in CONTROLS:
        return "control"
    if strategy in set(fusions):
        return "fusion"
    first = {"mi": "mutual information"}.get(word := strategy.split("_", 1)[0], word)
    return first if first in FAMILIES[:5] else "other"


def curves(frames: Iterable[pd.DataFrame], fusions: Iterable[str]) -> pd.DataFrame:
    """All curves under one another, sorted. Raises ValueError when a curve lacks a column or has a row twice."""
    table = pd.concat(list(frames), ignore_index=True)
    fusions = list(fusions)
    table["family"] = [family_of(strategy, fusions) for strategy in table["strategy"]]
    if absent := [column for column in COLUMNS if column not in table]:
        raise ValueError(f"the curves have no column {', '.join(absent)}")
    if table.duplicated(KEYS).any():
        raise ValueError(f"the curves hold a point twice: {table[table.duplicated(KEYS)][KEYS].iloc[0].to_dict()}")
    place = {family: i for i, family in enumerate(FAMILIES)}
    table = table.assign(_place=table["family"].map(place))
    table = table.sort_values(["dataset", "_place", "strategy", "seed", "draw", "removed"])
    return table[COLUMNS].reset_index(drop=True)
