"""A small report's worth of made-up measurements, written where the stages would write them."""

from pathlib import Path
from typing import Any

import numpy as np
from slim.subsets.choices import recipes, write

from slim.ranking.removal_order import path, ranking, removal_order
from slim.subsets.curves import curve
from slim.subsets.lattice import Lattice, layers_of, oracle
from slim.subsets.search import greedy_search
from slim.utils.io import write_json

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


GIVEN = {name: {"prune_first": "low"} for name in (*SIGNALS, *CONTROLS)}
"""`strategies` of params.yaml; every other option is at its default."""
RULES = {"best_accuracy": {}, "one_standard_error": {}, "fixed": {"keep": 0.5}}
ITEMS = {"validation": 200, "test": 400}
STRATEGIES = (*SIGNALS, *CONTROLS, *FUSIONS)


def write_all(data: Path, *, help_of_teacher: float = 0.01) -> None:
    """Everything the report reads, from a fixed seed. The shift sets the sign of the sentences about the teacher."""
    rng = np.random.default_rng(7)
    lattices = {f"{dataset}/{seed}": _lattice(rng, dataset, seed) for dataset in DATASETS for seed in SEEDS}
    for run, lattice in lattices.items():
        lattice.save(data / "lattice" / "raw" / f"{run}.npz")
    for dataset in DATASETS:
        card = {"labels": ["a", "b"], "origin": "made up", "licence": "BSD-3", "dropped": {}}
        splits = {"train": 3000, "validation": 500, "test": 2000}
        card["splits"] = {split: {"rows": rows, "words": {"median": 24.0}} for split, rows in splits.items()}
        write_json(card, data / "datasets" / dataset / "card.json")
        for seed in SEEDS:
            for name, record in _records(rng, dataset, seed, help_of_teacher).items():
                write_json(record, data / "metrics" / dataset / str(seed) / f"{name}.json")
    for strategy in (*SIGNALS, *CONTROLS):
        _write(_ordered(rng, strategy, lattices), data, "orders", lattices)
    for fusion in FUSIONS:
        _write(_fused(rng, fusion, lattices), data, "fused", lattices)


def _write(record: dict[str, Any], data: Path, folder: str, lattices: dict[str, Lattice]) -> None:
    """What `rank` or `fuse` writes of a strategy, and what `prune` makes of it."""
    strategy = record["strategy"]
    write_json(record, data / folder / f"{strategy}.json")
    curves = {run: curve(record["runs"][run]["paths"], lattice) for run, lattice in lattices.items()}
    write(strategy, curves, recipes(RULES, curves, lattices), data / "prune" / strategy)


WORTH = np.array([0.10, 0.03, 0.05, 0.02, 0.04, 0.12])
"""What accuracy loses without each layer, roughly."""


def _lattice(rng: np.random.Generator, dataset: str, seed: int) -> Lattice:
    """All subsets, the empty one too. Harder items fail first, and every subset has some luck of its own."""
    masks = np.arange(1 << LAYERS)
    gone = ~masks[:, None] >> np.arange(LAYERS) & 1
    share = np.maximum(
        (0.86 if dataset == "library" else 0.78) + 0.004 * seed - gone @ WORTH - 0.01 * gone.sum(1), 0.25
    )
    labels = {split: np.random.default_rng(len(split)).integers(0, 4, n) for split, n in ITEMS.items()}
    right = {split: 0.9 * rng.random(n) + 0.1 * rng.random((len(masks), n)) < share[:, None]
             for split, n in ITEMS.items()}  # fmt: skip
    return Lattice(
        layers=LAYERS,
        subsets=masks,
        labels=labels,
        predictions={s: np.where(r, labels[s], (labels[s] + 1) % 4).astype(np.int16) for s, r in right.items()},
        losses={split: 1.5 - r.mean(axis=1) for split, r in right.items()},
    )


def _scores(rng: np.random.Generator, noise: float, draws: int = 1) -> np.ndarray:
    return 100 * (WORTH + noise * rng.standard_normal((draws, LAYERS)))


def _ordered(rng: np.random.Generator, strategy: str, lattices: dict[str, Lattice]) -> dict[str, Any]:
    draws, noise = (10, 9.0) if strategy == "random" else (1, 0.04)
    scores = {run: _scores(rng, noise, draws) for run in lattices}
    others = {"activation": ("site", "update"), "mi": ("estimator", "nearest_neighbors")}
    variants = [{"option": "prune_first", "value": "high",
                 "runs": {run: ranking(of, "high") for run, of in scores.items()}}]  # fmt: skip
    if found := others.get(strategy.split("_", 1)[0]):
        changed = {run: ranking(_scores(rng, noise, draws), "low") for run in lattices}
        variants.append({"option": found[0], "value": found[1], "runs": changed})
    runs = {run: ranking(of, "low") for run, of in scores.items()}
    return {"strategy": strategy, "runs": runs, "variants": variants}


def _fused(rng: np.random.Generator, fusion: str, lattices: dict[str, Lattice]) -> dict[str, Any]:
    if fusion in ("greedy", "oracle"):
        searched = {"greedy": _greedy, "oracle": _oracle}[fusion]
        runs = {run: {"scores": [None], "paths": [searched(lattice)]} for run, lattice in lattices.items()}
        fit = {run: {"evaluations": 20} if fusion == "greedy" else {} for run in lattices}
        return {"strategy": fusion, "runs": runs, "fit": fit, "variants": []}
    record = {"strategy": fusion} | _learned(rng, fusion, lattices, 62) | {"variants": []}
    if fusion != "mean_rank":
        kinds = {"leave_one_out": 7, "lattice": 63, "other_datasets": 0}
        record["variants"] = [{"option": "rows", "value": rows} | _learned(rng, fusion, lattices, evaluations)
                              for rows, evaluations in kinds.items()]  # fmt: skip
    return record


def _greedy(lattice: Lattice) -> list[list[int]]:
    return greedy_search(lattice, None)[0]


def _oracle(lattice: Lattice) -> list[list[int]]:
    return [layers_of(oracle(lattice, size, "validation")) for size in range(LAYERS, 0, -1)]


def _learned(rng: np.random.Generator, fusion: str, lattices: dict[str, Lattice], evaluations: int) -> dict[str, Any]:
    runs = {run: _scores(rng, 0.02)[0] for run in lattices}
    paths = {run: {"scores": [of.tolist()], "paths": [path(removal_order(of, "low"))]} for run, of in runs.items()}
    if fusion == "mean_rank":
        return {"runs": paths, "fit": {run: {} for run in lattices}}
    kind = "coefficients" if fusion == "linear_regression" else "importances"
    fit = {"rows": 3 * evaluations, "evaluations": evaluations, "r2_in_sample": 0.91, "r2_out_of_sample": 0.4}
    weights = {run: {kind: {signal: float(rng.standard_normal() * 0.02) for signal in SIGNALS}} for run in lattices}
    return {"runs": paths, "fit": {run: fit | weights[run] for run in lattices}}


def _records(rng: np.random.Generator, dataset: str, seed: int, help_of_teacher: float) -> dict[str, dict[str, Any]]:
    top = (0.86 if dataset == "library" else 0.78) + 0.004 * seed
    big = {"parameters": 22_700_000, "encoder_parameters": 10_646_784, "bytes": 90_800_000, "tokenizer_bytes": 700_000}
    small = big | {"parameters": 17_376_608, "encoder_parameters": 5_323_392, "bytes": 69_506_432}
    ratios = {"ratio_parameters": 1.28, "ratio_encoder": 1.96, "ratio": 1.28, "ratio_ceiling": 1.64}
    found = {
        "tfidf_linear": _record(rng, dataset, seed, "tfidf_linear", top - 0.06, top),
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
            "over_pruned": 0.03, "over_pruned_low": 0.02, "over_pruned_high": 0.04, "over_pruned_p": 0.001,
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
    if model != "tfidf_linear":
        record |= {"reload_difference": 0.0, "max_tokens": 48, "cut": 0.02}
    if teacher is None:
        return record
    gap = accuracy - teacher
    return record | {"difference": gap, "difference_low": gap - 0.012, "difference_high": gap + 0.012,
                     "mcnemar_p": 0.001}  # fmt: skip
