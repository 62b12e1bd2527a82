"""How much each choice of definition moves the order, and what it costs."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from slim.ranking.removal_order import path, removal_order
from slim.report.tables._paths import Path, best_on_test, mean_regret, tau
from slim.report.tables.curves import family_of
from slim.report.tables.orders import by_family
from slim.subsets.lattice import Lattice

COLUMNS = [
    "dataset", "seed", "family", "strategy", "option", "value", "default", "tau", "test_regret", "default_regret",
    "evaluations",
]  # fmt: skip
Record = dict[str, Any]


def sensitivity(orders: Iterable[Record], fused: Iterable[Record], lattices: Mapping[str, Lattice]) -> pd.DataFrame:
    """One row a run, strategy, categorical option and value of it that is not in use; `lattices` by run, raw.

    `orders` and `fused`: the records of `rank` and `fuse`. default: the value in use
    tau: Kendall's tau-b between the places at which the two paths remove each layer, 1 for the same order; missing
        where a path is not nested
    test_regret, default_regret: with the value and as it is (share, mean over sizes L-1 .. 1 and over draws);
        missing where some size was not measured in full
    evaluations: subsets the fusion had to measure with the value
    Variants are of one-shot signals; so is what they are compared with, where the schedule is iterative.
    """
    fused = list(fused)
    fusions = [record["strategy"] for record in fused]
    best = {run: best_on_test(lattice) for run, lattice in lattices.items()}
    rows = [
        {"dataset": run.split("/")[0], "seed": int(run.split("/")[1]), "strategy": record["strategy"]}
        | {"family": family_of(record["strategy"], fusions)}
        | changed
        | _compared(found, one_shot(record["runs"][run]), lattices[run], best[run])
        for record in [*orders, *fused]
        for run, changed, found in _variants(record)
        if run in lattices
    ]
    table = pd.DataFrame(rows, columns=COLUMNS).astype({"evaluations": "Int64"})
    return by_family(table, ["strategy", "option", "value"])


def one_shot(ranking: Record) -> list[Path]:
    """The paths, one a draw, by the scores of the intact model; a ranking's own where nothing was measured again."""
    if "remeasured" not in ranking:
        return list(ranking["paths"])
    return [path(removal_order(scores, "low")) for scores in ranking["scores"]]


def _variants(record: Record) -> Iterator[tuple[str, Record, list[Path]]]:
    """Run, what was changed, and the paths that came of it."""
    for variant in record.get("variants", []):
        changed = {"option": variant["option"], "value": variant["value"]}
        changed["default"] = record.get("options", {}).get(variant["option"])
        for run, ranking in variant["runs"].items():
            fit = variant.get("fit", {}).get(run, {})
            yield run, changed | {"evaluations": fit.get("evaluations")}, list(ranking["paths"])


def _compared(paths: list[Path], defaults: list[Path], lattice: Lattice, best: dict[int, float]) -> Record:
    """Means over draws."""
    return {
        "tau": float(np.mean([tau(one, other) for one, other in zip(paths, defaults, strict=True)])),
        "test_regret": float(np.mean([mean_regret(one, lattice, best) for one in paths])),
        "default_regret": float(np.mean([mean_regret(one, lattice, best) for one in defaults])),
    }
