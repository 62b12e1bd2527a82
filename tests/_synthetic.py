"""A small report's worth of made-up measurements, written where the stages would write them."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from slim.files import write_json, write_text

SIGNALS = (
    "activation_inhibition", "activation_intensity", "activation_energy", "mi_task_relevance",
    "mi_prediction_relevance", "gradient_magnitude", "gradient_fisher", "weight_magnitude", "weight_sparsity",
    "weight_entropy", "attention_weight", "attention_entropy",
)  # fmt: skip
CONTROLS = ("random", "every_other", "top_first")
LEARNED = ("linear_regression", "random_forest", "mean_rank")
FUSIONS = (*LEARNED, "greedy", "oracle")
STUDENTS = ("random_forest", "best_control")
DATASETS = ("library", "kind")
SEEDS = (0, 1, 2)
LAYERS = 6


def write_all(data: Path, *, help_of_teacher: float = 0.01, fusion_gain: float = 0.004) -> None:
    """Everything the report reads, from a fixed seed. The two shifts set the signs of the headline's sentences."""
    rng = np.random.default_rng(7)
    for dataset in DATASETS:
        card = {"labels": ["a", "b"], "origin": "made up", "licence": "BSD-3", "dropped": {}}
        splits = {"train": 3000, "validation": 500, "test": 2000}
        card["splits"] = {split: {"rows": rows, "words": {"median": 24.0}} for split, rows in splits.items()}
        write_json(card, data / "datasets" / dataset / "card.json")
        for seed in SEEDS:
            for name, record in _records(rng, dataset, seed, help_of_teacher).items():
                write_json(record, data / "metrics" / dataset / str(seed) / f"{name}.json")
    for strategy in (*SIGNALS, *CONTROLS, *FUSIONS):
        table = pd.concat([_curve(rng, dataset, strategy, fusion_gain) for dataset in DATASETS])
        write_text(table.to_csv(index=False), data / "prune" / strategy / "curve.csv")
    for fusion in FUSIONS:
        write_json(_fused(rng, fusion), data / "fused" / f"{fusion}.json")


def _curve(rng: np.random.Generator, dataset: str, strategy: str, fusion_gain: float) -> pd.DataFrame:
    teacher = 0.86 if dataset == "library" else 0.78
    slope = 0.02 + 0.05 * rng.random()
    rows = []
    for seed in SEEDS:
        for draw in range(10 if strategy == "random" else 1):
            steep = slope + 0.03 * rng.random() * (strategy == "random")
            for removed in range(LAYERS):
                best = teacher + 0.004 * seed - 0.012 * removed**1.6
                loss = {"oracle": 0.0, "greedy": 0.005 * removed}.get(strategy, steep * removed**1.3 / 2)
                loss = 0.005 * removed - fusion_gain if strategy in LEARNED and removed else loss
                accuracy = best - loss + (0.002 * rng.standard_normal() if removed and strategy != "oracle" else 0)
                kept = "-".join(map(str, range(LAYERS - removed)))
                rows.append([dataset, seed, strategy, draw, removed, LAYERS - removed, kept, accuracy - 0.003,
                             1 - accuracy, accuracy, 1.1 - accuracy, *[max(best - accuracy, 0)] * 2])  # fmt: skip
    return pd.DataFrame(rows, columns=[
        "dataset", "seed", "strategy", "draw", "removed", "layers", "kept", "validation_accuracy", "validation_loss",
        "test_accuracy", "test_loss", "validation_regret", "test_regret",
    ])  # fmt: skip


def _fused(rng: np.random.Generator, fusion: str) -> dict[str, Any]:
    runs = [f"{dataset}/{seed}" for dataset in DATASETS for seed in SEEDS]
    if fusion not in ("linear_regression", "random_forest"):
        return {"strategy": fusion, "fit": {run: {"evaluations": 20} if fusion == "greedy" else {} for run in runs}}
    kind = "coefficients" if fusion == "linear_regression" else "importances"
    weights = {signal: float(rng.standard_normal() * 0.02) for signal in SIGNALS}
    fit = {"rows": 186, "evaluations": 62, "r2_in_sample": 0.91, kind: weights}
    return {"strategy": fusion, "fit": {run: fit | {"r2_out_of_sample": 0.4} for run in runs}}


def _records(rng: np.random.Generator, dataset: str, seed: int, help_of_teacher: float) -> dict[str, dict[str, Any]]:
    top = (0.86 if dataset == "library" else 0.78) + 0.004 * seed
    big = {"parameters": 22_700_000, "encoder_parameters": 10_646_784, "bytes": 90_800_000, "tokenizer_bytes": 700_000}
    small = big | {"parameters": 17_376_608, "encoder_parameters": 5_323_392, "bytes": 69_506_432}
    ratios = {"ratio_parameters": 1.28, "ratio_encoder": 1.96, "ratio": 1.28, "ratio_ceiling": 1.64}
    found = {
        "linear_floor": _record(rng, dataset, seed, "linear_floor", top - 0.06, top),
        "teacher": _record(rng, dataset, seed, "teacher", top, None) | big | {"layers": 6, "kept": "0-1-2-3-4-5"},
    }
    for student in STUDENTS:
        for model, loss in {"pruned": 0.05, "hard_labels": 0.025, "distilled": 0.025 - help_of_teacher}.items():
            record = _record(rng, dataset, seed, model, top - loss, top) | small | ratios
            strategy = student if student != "best_control" else ("greedy", "top_first")[seed % 2]
            record |= {"strategy": strategy, "student": student, "layers": 3, "kept": "0-2-5"}
            found[f"{model}_{student}"] = record | (_over(help_of_teacher) if model == "distilled" else {})
    return found


def _over(gain: float) -> dict[str, float]:
    return {"over_control": gain, "over_control_low": gain - 0.006, "over_control_high": gain + 0.006,
            "over_control_p": 0.01}  # fmt: skip


def _record(
    rng: np.random.Generator, dataset: str, seed: int, model: str, accuracy: float, teacher: float | None
) -> dict[str, Any]:
    accuracy += float(0.001 * rng.standard_normal())
    record: dict[str, Any] = {
        "dataset": dataset, "seed": seed, "model": model, "strategy": "", "n": 2000, "precision": "fp32",
        "accuracy": accuracy,
        "accuracy_low": accuracy - 0.015, "accuracy_high": accuracy + 0.015, "macro_f1": accuracy - 0.01,
        "nll": 0.5, "calibration_error": 0.04, "validation_accuracy": accuracy + 0.005,
    }  # fmt: skip
    if model != "linear_floor":
        record["reload_difference"] = 0.0
    if teacher is None:
        return record
    gap = accuracy - teacher
    return record | {"difference": gap, "difference_low": gap - 0.012, "difference_high": gap + 0.012,
                     "mcnemar_p": 0.001}  # fmt: skip
