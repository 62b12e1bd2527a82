"""How deep each rule cuts, and what stays."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from slim.report.tables.curves import family_of
from slim.report.tables.orders import by_family

COLUMNS = [
    "dataset", "seed", "family", "strategy", "draw", "rule", "layers", "kept", "validation_accuracy", "test_accuracy",
]  # fmt: skip


def depths(records: Iterable[dict[str, Any]], fusions: Iterable[str]) -> pd.DataFrame:
    """One row a run, strategy, draw and rule: the depth the rule chose on validation.

    `records` are those of `prune`: `strategy`, `rule` and `runs`, run -> the choice for each draw. layers: how many
    stay; kept: which, as 0-2-5; accuracies are shares.
    """
    fusions = list(fusions)
    rows = [
        choice
        | {"dataset": (at := run.split("/"))[0], "seed": int(at[1]), "draw": draw, "rule": record["rule"]}
        | {"strategy": record["strategy"], "family": family_of(record["strategy"], fusions)}
        for record in records
        for run, draws in record["runs"].items()
        for draw, choice in enumerate(draws)
    ]
    return by_family(pd.DataFrame(rows).reindex(columns=COLUMNS), ["strategy", "draw", "rule"])
