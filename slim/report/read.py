"""Reads what the stages measured, by the names in params.yaml: no folder is listed, so what left the grid is out."""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from slim.subsets.lattice import Lattice
from slim.utils.grid import runs
from slim.utils.io import read_arrays, read_json
from slim.utils.registry import find

Options = Mapping[str, Mapping[str, Any]]
"""Name -> options in params.yaml."""
Correct = dict[str, dict[str, NDArray[np.float64]]]
"""dataset -> recipe -> [seeds, n]: 1 where a test item is classified correctly, else 0."""


@dataclass(frozen=True)
class Measurements:
    """Everything that the report is computed from."""

    cards: dict[str, dict[str, Any]]
    """dataset -> its card."""
    records: list[dict[str, Any]]
    """One a dataset, seed and recipe: its metrics."""
    correct: Correct
    curves: list[pd.DataFrame]
    """One a strategy or fusion: accuracies by number of removed layers."""
    orders: list[dict[str, Any]]
    """What `rank` wrote, one a strategy, with `options`: the value in use of every option that was varied."""
    fused: list[dict[str, Any]]
    """What `fuse` wrote, likewise."""
    raw: dict[str, Lattice]
    """Run -> accuracies of layer subsets without recovery."""
    paths: dict[str, Lattice]
    """Run -> those that the curves show."""


def read_measurements(
    datasets: Sequence[str],
    seeds: Sequence[int],
    recipes: Sequence[str],
    strategies: Options,
    fusions: Options,
    data: str | Path = "data",
) -> Measurements:
    """Read all of it. `recipes`: names of models.

    Raises FileNotFoundError or ValueError, naming the file, for what is missing or damaged.
    """
    data, wanted = Path(data), runs(datasets, seeds)
    return Measurements(
        cards={dataset: read_json(data / "datasets" / dataset / "card.json") for dataset in datasets},
        records=[record for run in wanted for record in _records(data / "metrics" / f"{run}.json", recipes)],
        correct={dataset: _correct(data / "predictions" / dataset, seeds, recipes) for dataset in datasets},
        curves=[_curve(data / "curves" / f"{name}.csv", datasets, seeds) for name in [*strategies, *fusions]],
        orders=[_ranked(data / "orders", "ranking/signals", *item) for item in strategies.items()],
        fused=[_ranked(data / "fused", "ranking/fusions", *item) for item in fusions.items()],
        raw=read_lattices(wanted, data / "lattice" / "raw"),
        paths=read_lattices(wanted, data / "paths"),
    )


def read_lattices(wanted: Sequence[str], folder: Path) -> dict[str, Lattice]:
    """Run -> its lattice, from <folder>/<dataset>/<seed>.npz."""
    return {run: Lattice.load(folder / f"{run}.npz") for run in wanted}


def _records(path: Path, recipes: Sequence[str]) -> list[dict[str, Any]]:
    content = read_json(path)
    _check(path, content, recipes)
    return [content[recipe] for recipe in recipes]


def _check(path: Path, content: Mapping[str, Any], recipes: Sequence[str]) -> None:
    if missing := [recipe for recipe in recipes if recipe not in content]:
        raise ValueError(f"{path} does not hold the model '{missing[0]}': run `dvc repro evaluate` again")


def _correct(folder: Path, seeds: Sequence[int], recipes: Sequence[str]) -> dict[str, NDArray[np.float64]]:
    arrays = {folder / f"{seed}.npz": read_arrays(folder / f"{seed}.npz") for seed in seeds}
    first = next(iter(arrays.values()))["labels"]
    for path, content in arrays.items():
        _check(path, content, ["labels", *recipes])
        if not np.array_equal(content["labels"], first):
            raise ValueError(f"{path} holds other test items than the first seed: run `dvc repro evaluate` again")
    return {name: np.array([of[name] == first for of in arrays.values()], np.float64) for name in recipes}


def _curve(path: Path, datasets: Sequence[str], seeds: Sequence[int]) -> pd.DataFrame:
    table = pd.read_csv(path, dtype={"dataset": str, "strategy": str, "kept": str})
    return table[table["dataset"].isin(list(datasets)) & table["seed"].isin(list(seeds))]


def _ranked(folder: Path, methods: str, name: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """A file's content, `variants` empty where it has none, and `options` in use of every option that was varied.

    The value in use is that of params.yaml, else the default of the function that takes it.
    """
    content = {"variants": [], "options": {}} | read_json(folder / f"{name}.json")
    if varied := sorted({variant["option"] for variant in content["variants"]}):
        parameters = inspect.signature(find(methods, name)).parameters
        known = {key: of.default for key, of in parameters.items()} | dict(options)
        if unknown := [option for option in varied if option not in known]:
            raise ValueError(
                f"{name} takes no option '{unknown[0]}', of which its file holds a variant: run `dvc repro`"
            )
        content["options"] = {option: known[option] for option in varied}
    return content
