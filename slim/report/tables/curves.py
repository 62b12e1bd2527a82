"""Accuracy by the number of layers removed, of every strategy, seed and draw."""

from collections.abc import Iterable

import pandas as pd

KEYS = ["dataset", "seed", "strategy", "draw", "removed"]
COLUMNS = [
    "dataset", "kind", "strategy", "seed", "draw", "removed", "layers", "kept",
    "validation_accuracy", "validation_loss", "test_accuracy", "test_loss", "validation_regret", "test_regret",
]  # fmt: skip

KINDS = ["activation", "mutual information", "gradient", "weight", "attention", "other", "fusion", "baseline"]
"""Kinds of strategies, in the order of tables and figures."""
NO_SIGNAL = ("random", "every_other", "top_first", "greedy", "oracle")
"""Strategies that look at no signal, wherever params.yaml lists them."""


def kind_of(strategy: str, fusions: Iterable[str] = ()) -> str:
    """The kind of a strategy: a baseline, one of `fusions`, or by its first word that of a signal, else `other`."""
    if strategy in NO_SIGNAL:
        return "baseline"
    if strategy in set(fusions):
        return "fusion"
    first = {"mi": "mutual information"}.get(word := strategy.split("_", 1)[0], word)
    return first if first in KINDS[:5] else "other"


def curves(frames: Iterable[pd.DataFrame], fusions: Iterable[str]) -> pd.DataFrame:
    """All curves under one another, by kind. Raises ValueError when a curve lacks a column or has a row twice."""
    table, fusions = pd.concat(list(frames), ignore_index=True), list(fusions)
    table["kind"] = [kind_of(strategy, fusions) for strategy in table["strategy"]]
    if absent := [column for column in COLUMNS if column not in table]:
        raise ValueError(f"the curves have no column {', '.join(absent)}: run `dvc repro` again")
    if table.duplicated(KEYS).any():
        raise ValueError(f"the curves hold a point twice: {table[table.duplicated(KEYS)][KEYS].iloc[0].to_dict()}")
    return by_kind(table, ["dataset"], ["strategy", "seed", "draw", "removed"])[COLUMNS]


def by_kind(table: pd.DataFrame, before: list[str], after: list[str]) -> pd.DataFrame:
    """A table sorted by some columns, the place of the kind in KINDS, and further columns."""
    place = table["kind"].map({kind: i for i, kind in enumerate(KINDS)})
    ordered = table.assign(_place=place).sort_values([*before, "_place", *after])
    return ordered.drop(columns="_place").reset_index(drop=True)


def at_rule(curves: pd.DataFrame, rule: str) -> pd.DataFrame:
    """The row of each dataset, seed, strategy and draw at which a rule looks.

    `half`: half of the layers, halves rounded up; `best_accuracy`: the depth k >= 1 with the highest validation
    accuracy, ties to fewer layers; nothing where not every depth is known, as of the oracle of a deep model.
    """
    if rule == "half":
        whole = curves.groupby("dataset")["layers"].transform("max")
        return curves[curves["layers"] == (whole + 1) // 2]
    run = ["dataset", "seed", "strategy", "draw"]
    pruned = curves[curves["removed"] >= 1]
    depths = pruned.groupby(run)["removed"].transform("size")
    pruned = pruned[depths == pruned.groupby("dataset")["removed"].transform("max")]
    ordered = pruned.sort_values(["validation_accuracy", "removed"], ascending=False)
    return ordered.drop_duplicates(run).sort_values(run)
