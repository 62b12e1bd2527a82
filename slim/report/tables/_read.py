"""Reading what the stages measured, by names that params.yaml holds: a folder is never listed.

So a strategy that left the grid leaves the report too, whatever lies on the disk.
"""

import inspect
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from slim.subsets.lattice import Lattice
from slim.utils.io import read_json
from slim.utils.registry import find

STUDENT_MODELS = ("pruned", "hard_labels", "distilled")
"""The models that each slot of the distillation gives."""


def rows(students: Iterable[str]) -> list[str]:
    """The models of one dataset and seed, as their files are called: `distilled_random_forest`, and so on."""
    return ["tfidf_linear", "teacher", *(f"{model}_{student}" for student in students for model in STUDENT_MODELS)]


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


def read_lattices(runs: Iterable[str], folder: str | Path = "data/lattice/raw") -> dict[str, Lattice]:
    """run -> its lattice, from <folder>/<dataset>/<seed>.npz."""
    return {run: Lattice.load(Path(folder) / f"{run}.npz") for run in runs}


def read_orders(strategies: Mapping[str, Mapping[str, Any]], data: str | Path = "data") -> list[dict[str, Any]]:
    """What `rank` wrote of each strategy, with its `options` in use. `strategies`: name -> options of params.yaml."""
    return [_ranked(Path(data) / "orders", "ranking/signals", name, given) for name, given in strategies.items()]


def read_fused(fusions: Mapping[str, Mapping[str, Any]], data: str | Path = "data") -> list[dict[str, Any]]:
    """What `fuse` wrote of each fusion, with its `options` in use. `fusions`: name -> options of params.yaml."""
    return [_ranked(Path(data) / "fused", "ranking/fusions", name, given) for name, given in fusions.items()]


def _ranked(folder: Path, family: str, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """A file's content, `variants` empty where it has none, and option -> value in use of every option varied."""
    content = {"variants": []} | read_json(folder / f"{name}.json")
    varied = sorted({variant["option"] for variant in content["variants"]} | ({"rows"} & _options(family, name)))
    return content | {"options": {option: _in_use(family, name, given or {}, option) for option in varied}}


def _options(family: str, name: str) -> set[str]:
    return set(inspect.signature(find(family, name)).parameters)


def _in_use(family: str, name: str, given: Mapping[str, Any], option: str) -> Any:
    """The value that params.yaml gives an option, else the default of the function that takes it."""
    if option in given:
        return given[option]
    if option not in _options(family, name):
        raise ValueError(f"{name} takes no option '{option}', of which its file holds a variant: rerun `dvc repro`")
    return inspect.signature(find(family, name)).parameters[option].default


def read_recipes(strategies: Iterable[str], rules: Iterable[str], data: str | Path = "data") -> list[dict[str, Any]]:
    """One record a strategy and rule: the depth it chose in every run and draw."""
    return [read_json(Path(data) / "prune" / s / f"{rule}.json") for s in strategies for rule in list(rules)]
