"""Accuracy against layers removed, and how many to remove."""

from collections.abc import Callable
from math import comb, floor, sqrt
from typing import Any

from slim.subsets.lattice import Lattice, Split, mask_of, oracle

Row = dict[str, Any]
SPLITS: tuple[Split, ...] = ("validation", "test")


def exhaustive(lattice: Lattice, size: int) -> bool:
    """Whether every subset that keeps `size` layers was measured."""
    return len(lattice.of_size(size)) == comb(lattice.layers, size)


def curve(paths: list[list[list[int]]], lattice: Lattice) -> list[Row]:
    """One row a draw and number of removed layers: accuracies, losses in nats, and regrets on both splits.

    `paths`: one path a draw. Regret: accuracy of the best subset of that size on the same split minus this one's,
    absent where not every subset of that size was measured. Raises ValueError for an unmeasured subset.
    """
    best = {size: _best(lattice, size) for size in range(1, lattice.layers + 1)}
    return [
        {"draw": draw, "removed": lattice.layers - len(kept), "layers": len(kept), "kept": "-".join(map(str, kept))}
        | _quality(lattice, mask_of(kept), best[len(kept)])
        for draw, path in enumerate(paths)
        for kept in path
    ]


def _best(lattice: Lattice, size: int) -> dict[Split, float]:
    """The highest accuracy of any subset of a size, by split; empty unless all were measured."""
    if not exhaustive(lattice, size):
        return {}
    return {split: lattice.accuracy(oracle(lattice, size, split), split) for split in SPLITS}


def _quality(lattice: Lattice, mask: int, best: dict[Split, float]) -> Row:
    """Accuracy, loss and regret of one subset on both splits."""
    row: Row = {}
    for split in SPLITS:
        row[f"{split}_accuracy"] = lattice.accuracy(mask, split)
        row[f"{split}_loss"] = lattice.loss(mask, split)
        if best:
            row[f"{split}_regret"] = best[split] - row[f"{split}_accuracy"]
    return row


def best_accuracy(rows: list[Row], lattice: Lattice) -> Row:
    """The row with the highest validation accuracy of those that remove a layer; ties go to fewer layers.

    The depth at which arXiv:2501.03273 reads its Table 1, chosen on validation. Raises ValueError without such a row.
    """
    pruned = [row for row in rows if row["removed"] >= 1]
    if not pruned:
        raise ValueError("best_accuracy: a model with one layer has none to remove")
    return max(pruned, key=lambda row: (row["validation_accuracy"], row["removed"]))


def one_standard_error(rows: list[Row], lattice: Lattice) -> Row:
    """The row with the fewest layers at most one standard error of validation accuracy below the teacher (OURS).

    The error is the binomial one of the teacher's accuracy. Where no pruned row qualifies: the intact model.
    """
    teacher = lattice.accuracy(lattice.full, "validation")
    error = sqrt(teacher * (1 - teacher) / len(lattice.labels["validation"]))
    return max((r for r in rows if r["validation_accuracy"] >= teacher - error), key=lambda row: row["removed"])


def fixed(rows: list[Row], lattice: Lattice, *, keep: float = 0.5) -> Row:
    """The row that keeps a share of the layers, rounded to the nearest number (halves up), at least one (OURS).

    Raises ValueError unless 0 < keep <= 1.
    """
    if not 0 < keep <= 1:
        raise ValueError(f"fixed: keep must be above 0 and at most 1, got {keep}")
    layers = max(1, floor(keep * lattice.layers + 0.5))
    return next(row for row in rows if row["layers"] == layers)


RULES: dict[str, Callable[..., Row]] = {
    "best_accuracy": best_accuracy,
    "one_standard_error": one_standard_error,
    "fixed": fixed,
}
"""How many layers to remove: each looks at validation only."""


def choose(rule: str, rows: list[Row], lattice: Lattice, **options: Any) -> Row:
    """The depth a rule chooses from one draw's rows of the curve, beside the intact model's accuracies.

    Raises ValueError for an unknown rule, or for rows of several draws.
    """
    if rule not in RULES:
        raise ValueError(f"unknown rule '{rule}': choose from {', '.join(RULES)}")
    if len({row["draw"] for row in rows}) != 1:
        raise ValueError("a depth is chosen for one draw at a time")
    chosen = RULES[rule](rows, lattice, **options)
    copied = ("removed", "layers", "kept", "validation_accuracy", "test_accuracy")
    teacher = {f"{split}_teacher": lattice.accuracy(lattice.full, split) for split in SPLITS}
    return {"rule": rule} | {key: chosen[key] for key in copied} | teacher
