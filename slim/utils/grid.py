"""A run is one dataset with one seed, written `dataset/seed`, in keys and in paths."""

from collections.abc import Iterable


def runs(datasets: Iterable[str], seeds: Iterable[int]) -> list[str]:
    """Every run of a grid, dataset by dataset."""
    seeds = list(seeds)
    return [f"{dataset}/{seed}" for dataset in datasets for seed in seeds]
