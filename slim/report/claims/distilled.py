"""C5: what distillation gives back."""

from typing import Any

import pandas as pd

from slim.report.claims._entry import entry
from slim.report.claims._forest import MODELS, of_forest
from slim.report.claims._numbers import TIES, present, printed, rounded
from slim.report.claims._reading import Outcomes, Reading, at_least
from slim.report.claims._rows import named, seeds_of
from slim.report.tables._format import number

COMPARED = {
    "difference": "over_teacher", "difference_low": "over_teacher_low", "difference_high": "over_teacher_high",
    "over_control": "over_hard_labels", "over_control_low": "over_hard_labels_low",
    "over_control_high": "over_hard_labels_high", "over_pruned": "over_pruned", "over_pruned_low": "over_pruned_low",
    "over_pruned_high": "over_pruned_high",
}  # fmt: skip
"""Column of `results` -> what the ledger calls it, in points."""


def distilled(results: pd.DataFrame) -> dict[str, Any]:
    """C5: distilled from random_forest's subset, it beats the teacher on six ninths and is above the pruned elsewhere.

    The honest reading counts as better only what the whole interval of the paired difference says.
    """
    forest, found = of_forest(results)
    measured = {d: _means(forest[forest["dataset"] == d]) for d, missing in found.items() if not missing}

    def outcome(beats: bool, above: bool) -> str:
        return "beats" if beats else "shrinks" if above else "neither"

    def rule(outcomes: Outcomes) -> bool:
        return at_least(outcomes, "beats", 6) and "neither" not in outcomes.values()

    paper = {d: outcome(of["distilled"] > of["teacher"], of["distilled"] > of["pruned"]) for d, of in measured.items()}
    honest = {
        d: outcome(of.get("over_teacher_low", -1) > 0, of.get("over_pruned_low", -1) > 0) for d, of in measured.items()
    }
    listed = [f"{d} {_drop(of, 'pruned')} to {_drop(of, 'distilled')}" for d, of in measured.items()]
    return entry(
        "C5", "random forest's pruned model, once distilled, beats the unpruned one on six of nine datasets and "
        "shrinks the drop on the other three", Reading(paper, "beats", rule, named(found)),
        Reading(honest, "beats", rule, named(found)), seeds=seeds_of(forest, measured), tie_rule=TIES,
        says="the distilled model beats the unpruned one", numbers=measured,
        more=f"points to the unpruned model before and after distillation: {', '.join(listed)}" if listed else "",
    )  # fmt: skip


def _drop(of: dict[str, float], model: str) -> str:
    return number(of[model] - of["teacher"], "+.1f")


def _means(rows: pd.DataFrame) -> dict[str, float]:
    """Accuracies in percent as printed, means over seeds; differences in points with the mean of their intervals.

    Differences to the teacher, to the control on hard labels and to the pruned model; the unmeasured is absent.
    """
    by_model = rows.astype(dict.fromkeys(["accuracy", *COMPARED], "float64")).groupby("model")
    means = {model: found[["accuracy", *COMPARED]].mean().to_dict() for model, found in by_model}
    compared = {name: rounded(100 * means["distilled"][column]) for column, name in COMPARED.items()}
    return {model: printed(means[model]["accuracy"]) for model in MODELS} | present(compared)
