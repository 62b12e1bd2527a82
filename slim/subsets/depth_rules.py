"""How many layers to remove, decided on a curve's validation accuracies alone."""

from collections.abc import Callable, Mapping, Sequence
from math import floor, sqrt
from typing import Any

from slim.subsets.curves import Row

UNKNOWN = "since not all subsets were measured: choose another order in prune, or raise ablate.max_subsets"


def best_accuracy(rows: Sequence[Row], n_validation: int) -> Row:
    """The row with the highest validation accuracy of those that remove a layer; ties go to fewer layers.

    The depth of Table 1 in arXiv:2501.03273, chosen on validation. Raises ValueError when no row removes a layer.
    """
    pruned = [row for row in rows if row["removed"] >= 1]
    if not pruned:
        raise ValueError("best_accuracy: no layer can be removed from a model of one layer, set keep: 1.0")
    return max(pruned, key=lambda row: (row["validation_accuracy"], row["removed"]))


def one_standard_error(rows: Sequence[Row], n_validation: int) -> Row:
    """The row with the fewest layers at most one standard error of validation accuracy below the intact model.

    The error is the binomial one of the intact model's accuracy on `n_validation` items. Where no pruned model is that
    accurate, the intact one is chosen. Raises ValueError for n_validation below 1 (this project).
    """
    if n_validation < 1:
        raise ValueError(f"one_standard_error: n_validation must be at least 1, got {n_validation}")
    intact = float(_intact(rows)["validation_accuracy"])
    lowest = intact - sqrt(intact * (1 - intact) / n_validation)
    return max((row for row in rows if row["validation_accuracy"] >= lowest), key=lambda row: row["removed"])


RULES: dict[str, Callable[[Sequence[Row], int], Row]] = {
    "best_accuracy": best_accuracy,
    "one_standard_error": one_standard_error,
}
"""Rules that `keep` may name instead of a fraction."""


def keep_fraction(rows: Sequence[Row], fraction: float) -> Row:
    """The row that keeps a fraction of the layers, rounded to the nearest number (halves up), at least one.

    Raises ValueError unless 0 < fraction <= 1.
    """
    if not 0 < fraction <= 1:
        raise ValueError(f"keep must be above 0 and at most 1, got {fraction}")
    layers = max(1, floor(fraction * _intact(rows)["layers"] + 0.5))
    if kept := [row for row in rows if row["layers"] == layers]:
        return kept[0]
    raise ValueError(f"which {layers} layers stay is not known, {UNKNOWN}")


def choose_layers(rows: Sequence[Row], keep: float | str, n_validation: int) -> Row:
    """The row of a curve's first draw that `keep` chooses, with `kept` as a list of layers, lowest first.

    `keep`: the fraction of the layers to keep, in (0, 1], or the name of a rule in RULES. `n_validation`: the number
    of validation items, for the standard error. Raises ValueError for another `keep`, a curve without a first draw, or
    one that lacks the depths that `keep` looks at, as the oracle of a deep model does.
    """
    first = [row for row in rows if row["draw"] == 0]
    if isinstance(keep, str):
        if keep not in RULES:
            raise ValueError(f"unknown rule '{keep}': keep is a fraction of the layers or one of {', '.join(RULES)}")
        if len(first) < _intact(first)["layers"]:
            raise ValueError(f"which layers stay is not known at every depth, {UNKNOWN}")
        chosen = RULES[keep](first, n_validation)
    else:
        chosen = keep_fraction(first, keep)
    return chosen | {"kept": [int(layer) for layer in chosen["kept"].split("-")]}


def _intact(rows: Sequence[Row]) -> Row:
    """The row that removes nothing."""
    for row in rows:
        if row["removed"] == 0:
            return row
    raise ValueError("the curve has no row of the intact model: remove its file and run `dvc repro` again")


def choices(
    entry: Mapping[str, Any], curves: Mapping[str, Mapping[str, Sequence[Row]]], n_validation: Mapping[str, int]
) -> dict[str, Row]:
    """run -> which layers an entry of `prune` keeps there, and how accurate that is on validation.

    `entry`: `order` (a strategy or fusion) and `keep`; `curves`: strategy -> run -> rows; `n_validation`: run ->
    number of items. Raises ValueError, naming the order and the run, as `choose_layers` does.
    """
    order, keep, chosen = entry["order"], entry["keep"], {}
    for run, rows in curves[order].items():
        try:
            row = choose_layers(rows, keep, n_validation[run])
        except ValueError as reason:
            raise ValueError(f"the order '{order}' in {run}: {reason}") from reason
        fields = ("removed", "layers", "kept", "validation_accuracy")
        chosen[run] = {"order": order, "keep": keep} | {key: row[key] for key in fields}
    return chosen
