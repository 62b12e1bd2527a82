"""The folders of the stages `prune` and `choose`, which `slim.subsets.curves` and `depth_rules` replace."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from slim.subsets.curves import Row, write_curves
from slim.subsets.depth_rules import choose_layers
from slim.subsets.lattice import SPLITS, Lattice
from slim.utils.io import read_json, write_json, written_aside


def recipes(
    rules: Mapping[str, dict[str, Any]], curves: Mapping[str, list[Row]], lattices: Mapping[str, Lattice]
) -> dict[str, dict[str, list[Row]]]:
    """rule -> run -> the depth chosen for each draw. `rules`: rule -> its options; curves and lattices by run."""
    return {
        rule: {
            run: [_chosen(rule, options, draw, lattices[run]) for draw in _draws(rows)] for run, rows in curves.items()
        }
        for rule, options in rules.items()
    }


def _chosen(rule: str, options: Mapping[str, Any], rows: list[Row], lattice: Lattice) -> Row:
    first = [row | {"draw": 0} for row in rows]
    row = choose_layers(first, options.get("keep", rule), len(lattice.labels["validation"]))
    copied = ("removed", "layers", "validation_accuracy", "test_accuracy")
    teacher = {f"{split}_teacher": lattice.accuracy(lattice.full, split) for split in SPLITS}
    return {"rule": rule, "kept": "-".join(map(str, row["kept"]))} | {key: row[key] for key in copied} | teacher


def _draws(rows: list[Row]) -> list[list[Row]]:
    return [[row for row in rows if row["draw"] == draw] for draw in sorted({row["draw"] for row in rows})]


def write(
    strategy: str, curves: Mapping[str, list[Row]], chosen: Mapping[str, dict[str, list[Row]]], folder: str | Path
) -> None:
    """curve.csv (one row a run, draw and depth) and one <rule>.json a rule (chosen depths by run)."""
    with written_aside(folder) as aside:
        aside.mkdir()
        write_curves(strategy, curves, aside / "curve.csv")
        for rule, runs in chosen.items():
            write_json({"strategy": strategy, "rule": rule, "runs": runs}, aside / f"{rule}.json")


def best_recipe(folder: str | Path, strategies: Sequence[str], rule: str, run: str) -> Row:
    """The rule's choice with the highest validation accuracy among some strategies' first draws (ties: first named).

    Returns the strategy, the rule, and `kept` as a list of layers.
    """
    found = [(s, read_json(Path(folder) / s / f"{rule}.json")["runs"][run][0]) for s in strategies]
    strategy, recipe = max(found, key=lambda pair: pair[1]["validation_accuracy"])
    return recipe | {"strategy": strategy, "kept": [int(layer) for layer in recipe["kept"].split("-")]}
