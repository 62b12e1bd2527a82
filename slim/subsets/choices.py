"""What `prune` writes of a strategy, and how a student finds its layers in it."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from slim.subsets.depth_rules import SPLITS, Row, choose
from slim.subsets.lattice import Lattice
from slim.utils.io import read_json, write_json, written_aside


def recipes(
    rules: Mapping[str, dict[str, Any]], curves: Mapping[str, list[Row]], lattices: Mapping[str, Lattice]
) -> dict[str, dict[str, list[Row]]]:
    """rule -> run -> the depth chosen for each draw. `rules`: rule -> its options; curves and lattices by run."""
    return {
        rule: {
            run: [choose(rule, draw, lattices[run], **options) for draw in _draws(rows)]
            for run, rows in curves.items()
        }
        for rule, options in rules.items()
    }


def _draws(rows: list[Row]) -> list[list[Row]]:
    return [[row for row in rows if row["draw"] == draw] for draw in sorted({row["draw"] for row in rows})]


COLUMNS = ["dataset", "seed", "strategy", "draw", "removed", "layers", "kept"] + [
    f"{split}_{what}" for split in SPLITS for what in ("accuracy", "loss", "regret")
]


def write(
    strategy: str, curves: Mapping[str, list[Row]], chosen: Mapping[str, dict[str, list[Row]]], folder: str | Path
) -> None:
    """curve.csv (one row a run, draw and depth) and one <rule>.json a rule (chosen depths by run)."""
    text = io.StringIO()
    table = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    table.writeheader()
    for run, rows in curves.items():
        dataset, seed = run.split("/")
        table.writerows({"dataset": dataset, "seed": seed, "strategy": strategy} | row for row in rows)
    with written_aside(folder) as aside:
        aside.mkdir()
        (aside / "curve.csv").write_text(text.getvalue(), encoding="utf-8")
        for rule, runs in chosen.items():
            write_json({"strategy": strategy, "rule": rule, "runs": runs}, aside / f"{rule}.json")


def best_recipe(folder: str | Path, strategies: Sequence[str], rule: str, run: str) -> Row:
    """The rule's choice with the highest validation accuracy among some strategies' first draws (ties: first named).

    Returns the strategy, the rule, and `kept` as a list of layers.
    """
    found = [(s, read_json(Path(folder) / s / f"{rule}.json")["runs"][run][0]) for s in strategies]
    strategy, recipe = max(found, key=lambda pair: pair[1]["validation_accuracy"])
    return recipe | {"strategy": strategy, "kept": [int(layer) for layer in recipe["kept"].split("-")]}
