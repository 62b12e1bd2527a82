"""Accuracy against layers removed: the rows of data/curves/<strategy>.csv."""

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from slim.subsets.lattice import SPLITS, Lattice, SplitName, exhaustive, mask_of, oracle
from slim.utils.io import write_text

Row = dict[str, Any]
"""One draw and number of removed layers: `draw`, `removed`, `layers`, `kept` ("0-2-5") and QUALITY."""

QUALITY = [f"{split}_{metric}" for split in SPLITS for metric in ("accuracy", "loss", "regret")]
"""Accuracies and regrets are fractions, 0 .. 1, losses are in nats."""
COLUMNS = ["dataset", "seed", "strategy", "draw", "removed", "layers", "kept", *QUALITY]


def curve(paths: list[list[list[int]]], lattice: Lattice) -> list[Row]:
    """One row a draw and number of removed layers: accuracy, loss and regret on both splits.

    `paths`: one path a draw (`slim.ranking.removal_order`). Regret is the accuracy of the best subset of that size on
    the same split, minus this one's; it is absent where not every subset of that size was measured. Raises ValueError
    for an unmeasured subset.
    """
    best = {size: _best(lattice, size) for size in range(1, lattice.layers + 1)}
    return [
        {"draw": draw, "removed": lattice.layers - len(kept), "layers": len(kept), "kept": "-".join(map(str, kept))}
        | _quality(lattice, mask_of(kept), best[len(kept)])
        for draw, path in enumerate(paths)
        for kept in path
    ]


def _best(lattice: Lattice, size: int) -> dict[SplitName, float]:
    """The highest accuracy of any subset of a size, by split; empty unless all were measured."""
    if not exhaustive(lattice, size):
        return {}
    return {split: lattice.accuracy(oracle(lattice, size, split), split) for split in SPLITS}


def _quality(lattice: Lattice, mask: int, best: dict[SplitName, float]) -> Row:
    """Accuracy, loss and, where `best` is known, regret of one subset on both splits."""
    row: Row = {}
    for split in SPLITS:
        row[f"{split}_accuracy"] = lattice.accuracy(mask, split)
        row[f"{split}_loss"] = lattice.loss(mask, split)
        if best:
            row[f"{split}_regret"] = best[split] - row[f"{split}_accuracy"]
    return row


def write_curves(strategy: str, curves: Mapping[str, list[Row]], path: str | Path) -> None:
    """Write a strategy's curves, by run (`dataset/seed`), as one CSV file; what is unmeasured is an empty field."""
    text = io.StringIO()
    table = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    table.writeheader()
    for run, rows in curves.items():
        dataset, seed = run.split("/")
        table.writerows({"dataset": dataset, "seed": seed, "strategy": strategy} | row for row in rows)
    write_text(text.getvalue(), path)


def read_curves(path: str | Path) -> dict[str, list[Row]]:
    """The curves that `write_curves` wrote: run -> the same rows. Raises ValueError when the file is damaged."""
    curves: dict[str, list[Row]] = {}
    try:
        with Path(path).open(encoding="utf-8", newline="") as file:
            for fields in csv.DictReader(file, strict=True):
                curves.setdefault(f"{fields['dataset']}/{fields['seed']}", []).append(_row(fields))
    except (csv.Error, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is damaged ({error}): remove it and run `dvc repro` again") from error
    return curves


def _row(fields: Mapping[str, str]) -> Row:
    row: Row = {name: int(fields[name]) for name in ("draw", "removed", "layers")}
    return row | {"kept": fields["kept"]} | {name: float(fields[name]) for name in QUALITY if fields[name] != ""}
