"""What each way of teaching adds to the same student, over as many steps without a teacher."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from slim.evaluation.metrics.intervals import difference_interval, mcnemar
from slim.evaluation.metrics.multiple import holm
from slim.report.tables._format import words

COLUMNS = [
    "dataset", "seed", "variant", "changes", "steps", "accuracy", "control_accuracy", "over_control",
    "over_control_low", "over_control_high", "p", "p_holm",
]  # fmt: skip


def distillation(
    found: Mapping[str, Mapping[str, np.ndarray]],
    variants: Mapping[str, Mapping[str, Any]],
    *,
    resamples: int = 2000,
    level: float = 0.95,
) -> pd.DataFrame:
    """One row a run and variant, a way of teaching, in the order given.

    `found`: run -> what `slim.training.variants.taught` returned; `variants`: name -> changed values of `distill`.
    changes: these values, as text; steps: of the optimizer, the control's too; accuracies on test, in shares
    over_control: accuracy minus the control's, with a paired bootstrap interval over items; p: exact McNemar test;
    p_holm: corrected for the number of variants of the run
    """
    rows = [
        {"dataset": run.split("/")[0], "seed": int(run.split("/")[1]), "variant": variant, "changes": changes(values)}
        | {"steps": int(arrays[f"{variant}_steps"])}
        | _compared(arrays, variant, resamples, level)
        for run, arrays in found.items()
        for variant, values in variants.items()
    ]
    table = pd.DataFrame(rows, columns=[column for column in COLUMNS if column != "p_holm"])
    table["p_holm"] = table.groupby(["dataset", "seed"])["p"].transform(lambda p: holm(list(p))) if rows else None
    return table[COLUMNS]


def changes(values: Mapping[str, Any]) -> str:
    """Changed values in words: `alpha 1, transfer 4000`; empty when nothing is changed."""
    texts = {name: f"{value:g}" if isinstance(value, float) else str(value) for name, value in values.items()}
    return ", ".join(f"{words(name)} {text}" for name, text in texts.items())


def _compared(arrays: Mapping[str, np.ndarray], variant: str, resamples: int, level: float) -> dict[str, float]:
    taught, control = (arrays[f"{variant}_{role}"] == arrays["labels"] for role in ("predictions", "control"))
    low, high = difference_interval(taught, control, resamples=resamples, level=level)
    return {
        "accuracy": float(taught.mean()),
        "control_accuracy": float(control.mean()),
        "over_control": float(taught.mean() - control.mean()),
        "over_control_low": low,
        "over_control_high": high,
        "p": mcnemar(taught, control).p,
    }
