"""Synthetic measurements of a small run, written where the stages would write them."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from slim.ranking.removal_order import path, ranking, removal_order
from slim.subsets.lattice import Lattice, layers_of, mask_of
from slim.subsets.search import greedy_search
from slim.utils.io import write_arrays, write_json

SIGNALS = (
    "activation_inhibition", "activation_intensity", "activation_energy", "mi_task_relevance",
    "mi_prediction_relevance", "gradient_magnitude", "gradient_fisher", "weight_magnitude", "weight_sparsity",
    "weight_entropy", "attention_weight", "attention_entropy",
)  # fmt: skip
UNINFORMED = ("random", "every_other", "top_first")
FUSIONS = ("linear_regression", "random_forest", "mean_rank", "greedy", "oracle")
STRATEGIES = (*SIGNALS, *UNINFORMED, *FUSIONS)
DATASETS = ("movie_reviews", "reuters_r8")
SEEDS = (0, 1, 2)
LAYERS = 6
OPTIONS = {name: {"prune_first": "low"} for name in (*SIGNALS, *UNINFORMED)}
"""`strategies` of params.yaml; every other option is at its default."""
FUSION_OPTIONS: dict[str, dict[str, Any]] = {name: {} for name in FUSIONS}
ITEMS = {"validation": 200, "test": 400}

PRUNE = {
    "half": {"from": "teacher", "method": "drop_layers", "order": "random_forest", "control": "half_greedy"},
    "half_greedy": {"from": "teacher", "method": "drop_layers", "order": "greedy"},
}
DISTILL = {
    "half_distilled": {"from": "half", "method": "distill", "control": "half_finetuned"},
    "half_finetuned": {"from": "half", "method": "distill"},
    "greedy_distilled": {"from": "half_greedy", "method": "distill"},
}
COMPRESS = {"half_float16": {"from": "half_distilled", "method": "float16", "control": "half_distilled"}}
BASELINES = {"tfidf_logistic_regression": {"method": "tfidf_linear"}, "tfidf_linear_svm": {"method": "tfidf_linear"}}
RECIPES = ["teacher", *PRUNE, *DISTILL, *COMPRESS, *BASELINES]
LOSS = {"teacher": 0.0, "half": 0.12, "half_greedy": 0.09, "half_distilled": 0.02, "half_finetuned": 0.035,
        "greedy_distilled": 0.03, "half_float16": 0.021, "tfidf_logistic_regression": 0.07,
        "tfidf_linear_svm": 0.06}  # fmt: skip
"""What each recipe loses against the teacher, in shares of accuracy."""


def write_all(data: Path, datasets=DATASETS, seeds=SEEDS) -> None:
    """Everything the report reads, from a fixed seed."""
    rng = np.random.default_rng(7)
    lattices = {f"{dataset}/{seed}": _lattice(rng, dataset, seed) for dataset in datasets for seed in seeds}
    for run, lattice in lattices.items():
        lattice.save(data / "lattice" / "raw" / f"{run}.npz")
        lattice.save(data / "paths" / f"{run}.npz")
    for dataset in datasets:
        card = {"labels": ["a", "b"], "origin": "made up", "licence": "BSD-3", "dropped": {}}
        splits = {"train": 3000, "validation": 500, "test": 2000}
        card["splits"] = {split: {"rows": rows, "words": {"median": 24.0}} for split, rows in splits.items()}
        write_json(card, data / "datasets" / dataset / "card.json")
        hard = np.random.default_rng([98, len(dataset)]).random(1000)
        for seed in seeds:
            write_predictions(data, dataset, seed, hard)
    for strategy in (*SIGNALS, *UNINFORMED):
        _write(_ordered(rng, strategy, lattices), data, "orders", lattices)
    for fusion in FUSIONS:
        _write(_fused(rng, fusion, lattices), data, "fused", lattices)


def write_predictions(data: Path, dataset: str, seed: int, hard: np.ndarray) -> None:
    """What `evaluate` writes: predictions of every recipe, harder items being wrong first, and their records."""
    rng = np.random.default_rng([99, len(dataset), seed])
    labels = np.arange(len(hard)) % 4
    top = (0.86 if dataset == "movie_reviews" else 0.93) + 0.004 * seed
    entries = {"teacher": ("teacher", {})} | {
        name: (stage, entry)
        for stage, of in {"prune": PRUNE, "distill": DISTILL, "compress": COMPRESS, "baseline": BASELINES}.items()
        for name, entry in of.items()
    }
    arrays, records = {"labels": labels}, {}
    for name, (stage, entry) in entries.items():
        right = 0.8 * hard + 0.2 * rng.random(len(hard)) < top - LOSS[name] + 0.002 * rng.standard_normal()
        arrays[name] = np.where(right, labels, (labels + 1) % 4).astype(np.int16)
        accuracy = float(right.mean())
        records[name] = {
            "dataset": dataset, "seed": seed, "recipe": name, "stage": stage, "n": len(hard), "accuracy": accuracy,
            "accuracy_low": accuracy - 0.02, "accuracy_high": accuracy + 0.02, "macro_f1": accuracy - 0.01,
            "validation_accuracy": accuracy + 0.005, **entry,
        } | _size(name, stage, accuracy)  # fmt: skip
        if "teacher" in records and "bytes" in records[name]:
            teacher = records["teacher"]
            ratio = accuracy / records[name]["bytes"] / (teacher["accuracy"] / teacher["bytes"])
            records[name]["ratio"] = ratio
    write_arrays(arrays, data / "predictions" / dataset / f"{seed}.npz")
    write_json(records, data / "metrics" / dataset / f"{seed}.json")


def _size(name: str, stage: str, accuracy: float) -> dict[str, Any]:
    if stage == "baseline":
        return {"parameters": 43_895, "bytes": 106_831 if "svm" in name else 107_939, "reload_difference": 0.0}
    known = {"nll": 0.5, "calibration_error": 0.04, "precision": "fp32", "max_tokens": 48, "truncated": 0.02,
             "reload_difference": 0.0}  # fmt: skip
    if stage == "teacher":
        return known | {"parameters": 22_700_000, "bytes": 91_600_000, "layers": 6}
    order = "greedy" if "greedy" in name else "random_forest"
    halved = known | {"parameters": 17_400_000, "bytes": 70_300_000, "layers": 3, "kept": "0-2-5", "order": order}
    return halved | ({"bytes": 35_500_000} if stage == "compress" else {})


def _write(record: dict[str, Any], data: Path, folder: str, lattices: dict[str, Lattice]) -> None:
    """What `rank` or `fuse` writes of a strategy, and its curves."""
    write_json(record, data / folder / f"{record['strategy']}.json")
    (data / "curves").mkdir(parents=True, exist_ok=True)
    rows = [
        {"dataset": run.split("/")[0], "seed": int(run.split("/")[1]), "strategy": record["strategy"]} | row
        for run, lattice in lattices.items()
        for row in curve(record["runs"][run]["paths"], lattice)
    ]
    pd.DataFrame(rows).to_csv(data / "curves" / f"{record['strategy']}.csv", index=False)


def curve(paths: list[list[list[int]]], lattice: Lattice) -> list[dict[str, Any]]:
    """The rows of a curve; regret only where every subset of the size was measured."""
    rows = []
    for draw, steps in enumerate(paths):
        for kept in steps:
            row = {"draw": draw, "removed": lattice.layers - len(kept), "layers": len(kept)}
            row["kept"] = "-".join(map(str, kept))
            for split in ("validation", "test"):
                best = max(lattice.accuracy(mask, split) for mask in lattice.of_size(len(kept)))
                row[f"{split}_accuracy"] = lattice.accuracy(mask_of(kept), split)
                row[f"{split}_loss"] = lattice.loss(mask_of(kept), split)
                row[f"{split}_regret"] = best - row[f"{split}_accuracy"]
            rows.append(row)
    return rows


WORTH = np.array([0.10, 0.03, 0.05, 0.02, 0.04, 0.12])
"""What accuracy loses without each layer, roughly."""


def _lattice(rng: np.random.Generator, dataset: str, seed: int) -> Lattice:
    """All subsets, the empty one too. Harder items fail first, and every subset has some luck of its own."""
    masks = np.arange(1 << LAYERS)
    gone = ~masks[:, None] >> np.arange(LAYERS) & 1
    top = (0.86 if dataset == "movie_reviews" else 0.93) + 0.004 * seed
    share = np.maximum(top - gone @ WORTH - 0.01 * gone.sum(1), 0.25)
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
    variants = []
    if strategy in SIGNALS:
        turned = {run: ranking(of, "high") for run, of in scores.items()}
        variants = [{"option": "prune_first", "value": "high", "runs": turned}]
    others = {"activation": ("site", "update"), "mi": ("estimator", "nearest_neighbors")}
    if other := others.get(strategy.split("_", 1)[0]):
        changed = {run: ranking(_scores(rng, noise, draws), "low") for run in lattices}
        variants.append({"option": other[0], "value": other[1], "runs": changed})
    runs = {run: ranking(of, "low") for run, of in scores.items()}
    return {"strategy": strategy, "runs": runs, "variants": variants}


def _fused(rng: np.random.Generator, fusion: str, lattices: dict[str, Lattice]) -> dict[str, Any]:
    if fusion in ("greedy", "oracle"):
        find = {"greedy": lambda lattice: greedy_search(lattice, None)[0], "oracle": _oracle}[fusion]
        runs = {run: {"scores": [None], "paths": [find(lattice)]} for run, lattice in lattices.items()}
        fit = {run: {"evaluations": 20} if fusion == "greedy" else {} for run in lattices}
        return {"strategy": fusion, "runs": runs, "fit": fit, "variants": []}
    record = {"strategy": fusion} | _learned(rng, fusion, lattices, 24) | {"variants": []}
    if fusion != "mean_rank":
        kinds = {"leave_one_out": 7, "lattice": 63, "other_datasets": 0}
        record["variants"] = [{"option": "rows", "value": rows} | _learned(rng, fusion, lattices, evaluations)
                              for rows, evaluations in kinds.items()]  # fmt: skip
    return record


def _oracle(lattice: Lattice) -> list[list[int]]:
    best = [max(lattice.of_size(size), key=lambda mask: lattice.accuracy(mask, "validation"))
            for size in range(LAYERS, 0, -1)]  # fmt: skip
    return [layers_of(mask) for mask in best]


def _learned(rng: np.random.Generator, fusion: str, lattices: dict[str, Lattice], evaluations: int) -> dict[str, Any]:
    runs = {run: _scores(rng, 0.02)[0] for run in lattices}
    paths = {run: {"scores": [of.tolist()], "paths": [path(removal_order(of, "low"))]} for run, of in runs.items()}
    if fusion == "mean_rank":
        return {"runs": paths, "fit": {run: {} for run in lattices}}
    kind = "coefficients" if fusion == "linear_regression" else "importances"
    fit = {"rows": 3 * evaluations, "evaluations": evaluations, "r2_in_sample": 0.91, "r2_out_of_sample": 0.4}
    weights = {run: {kind: {signal: float(rng.standard_normal() * 0.02) for signal in SIGNALS}} for run in lattices}
    return {"runs": paths, "fit": {run: fit | weights[run] for run in lattices}}
