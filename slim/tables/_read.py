"""Reading what the stages measured, by names that params.yaml holds: a folder is never listed.

So a strategy that left the grid leaves the report too, whatever lies on the disk.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from slim.files import read_json

STUDENT_MODELS = ("pruned", "hard_labels", "distilled")
"""The models that each slot of the distillation gives."""


def rows(students: Iterable[str]) -> list[str]:
    """The models of one dataset and seed, as their files are called: `distilled_random_forest`, and so on."""
    return ["linear_floor", "teacher", *(f"{model}_{student}" for student in students for model in STUDENT_MODELS)]


def read_results(
    datasets: Iterable[str], seeds: Iterable[int], students: Iterable[str], data: str | Path = "data"
) -> list[dict[str, Any]]:
    """One record a model. Raises FileNotFoundError when a model of the grid was not measured."""
    keys = [(d, s, row) for d in datasets for s in list(seeds) for row in rows(list(students))]
    return [read_json(Path(data) / "metrics" / d / str(s) / f"{row}.json") for d, s, row in keys]


def read_curves(datasets: Iterable[str], strategies: Iterable[str], data: str | Path = "data") -> list[pd.DataFrame]:
    """One frame a dataset and strategy: accuracy and loss by seed, draw and number of layers removed."""
    paths = [Path(data) / "prune" / d / s / "curve.csv" for d in datasets for s in list(strategies)]
    return [pd.read_csv(path, dtype={"dataset": str, "strategy": str, "kept": str}) for path in paths]


def read_fused(
    datasets: Iterable[str], fusions: Iterable[str], data: str | Path = "data"
) -> dict[tuple[str, str], dict[str, Any]]:
    """(dataset, fusion) -> what the fusion was fitted on and how well."""
    keys = [(d, f) for d in datasets for f in list(fusions)]
    return {(d, f): read_json(Path(data) / "fused" / d / f"{f}.json") for d, f in keys}


def read_cards(datasets: Iterable[str], data: str | Path = "data") -> dict[str, dict[str, Any]]:
    """dataset -> its card."""
    return {d: read_json(Path(data) / "datasets" / d / "card.json") for d in datasets}
