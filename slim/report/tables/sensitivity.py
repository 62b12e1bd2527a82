"""What each choice of definition costs."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from slim.ranking.removal_order import path, removal_order
from slim.report.tables.curves import by_kind, kind_of
from slim.subsets.lattice import Lattice
from slim.subsets.paths import Path, best_on_test, mean_regret

COLUMNS = [
    "dataset", "seed", "kind", "strategy", "option", "value", "default", "test_regret", "default_regret",
]  # fmt: skip
Record = dict[str, Any]


def sensitivity(orders: Iterable[Record], fused: Iterable[Record], lattices: Mapping[str, Lattice]) -> pd.DataFrame:
    """One row a dataset, seed, strategy, option with named values and value of it that is not in use.

    `orders`, `fused`: what `rank` and `fuse` wrote; `lattices` by run, without recovery. default: the value in use
    test_regret, default_regret: with the value and as it is (fraction, mean over sizes L-1 .. 1 and over draws)
    Variants are of signals measured once; so is what they are compared with.
    """
    fused = list(fused)
    fusions = [record["strategy"] for record in fused]
    best = {run: best_on_test(lattice) for run, lattice in lattices.items()}
    rows = [
        {"dataset": run.split("/")[0], "seed": int(run.split("/")[1]), "strategy": record["strategy"]}
        | {"kind": kind_of(record["strategy"], fusions), "option": variant["option"], "value": variant["value"]}
        | {"default": record["options"].get(variant["option"])}
        | _compared(list(ranking["paths"]), one_shot(record["runs"][run]), lattices[run], best[run])
        for record in [*orders, *fused]
        for variant in record["variants"]
        for run, ranking in variant["runs"].items()
        if run in lattices
    ]
    return by_kind(pd.DataFrame(rows, columns=COLUMNS), ["dataset", "seed"], ["strategy", "option", "value"])


def one_shot(ranking: Record) -> list[Path]:
    """The paths, one a draw, by the scores of the intact model."""
    if "remeasured" not in ranking:
        return list(ranking["paths"])
    return [path(removal_order(scores, "low")) for scores in ranking["scores"]]


def _compared(paths: list[Path], defaults: list[Path], lattice: Lattice, best: dict[int, float]) -> Record:
    """Means over draws."""
    return {
        "test_regret": float(np.mean([mean_regret(one, lattice, best) for one in paths])),
        "default_regret": float(np.mean([mean_regret(one, lattice, best) for one in defaults])),
    }
