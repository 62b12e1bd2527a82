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
    """One frame a strategy: accuracy and loss by dataset, seed, draw and number of layers removed."""
    paths = [Path(data) / "prune" / s / "curve.csv" for s in strategies]
    frames = [pd.read_csv(path, dtype={"dataset": str, "strategy": str, "kept": str}) for path in paths]
    return [frame[frame["dataset"].isin(list(datasets))] for frame in frames]


def read_fits(fusions: Iterable[str], data: str | Path = "data") -> list[dict[str, Any]]:
    """One record a fusion and run: what the fusion was fitted on and how well."""
    contents = {fusion: read_json(Path(data) / "fused" / f"{fusion}.json")["fit"] for fusion in fusions}
    return [
        {"dataset": run.split("/")[0], "fusion": fusion, "seed": int(run.split("/")[1]), "fit": fit}
        for fusion, fits in contents.items()
        for run, fit in fits.items()
    ]


def read_cards(datasets: Iterable[str], data: str | Path = "data") -> dict[str, dict[str, Any]]:
    """dataset -> its card."""
    return {d: read_json(Path(data) / "datasets" / d / "card.json") for d in datasets}
