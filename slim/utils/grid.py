"""A run is one dataset with one seed, written `dataset/seed`, in keys and in paths."""

from collections.abc import Iterable, Mapping
from typing import Any


def runs(datasets: Iterable[str], seeds: Iterable[int]) -> list[str]:
    """Every run of a grid, dataset by dataset."""
    seeds = list(seeds)
    return [f"{dataset}/{seed}" for dataset in datasets for seed in seeds]


def source_options(entry: Mapping[str, Any]) -> dict[str, Any]:
    """What an entry of `datasets` says to its source: all but which one that is, and how its teachers are trained."""
    return {key: value for key, value in entry.items() if key not in ("source", "finetune")}
