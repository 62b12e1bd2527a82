"""Picking a model that fits: the most accurate within limits of size and time, chosen on validation."""

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from slim.utils.io import written_aside

BYTES = {"": 1, "B": 1, "KB": 1e3, "MB": 1e6, "GB": 1e9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}
SECONDS = {"": 1, "S": 1, "MS": 1e-3, "US": 1e-6}
RESULTS, TIMES = Path("reports/results.csv"), Path("reports/latency.csv")
"""Where a run has its accuracies and sizes and, once they were measured, its times."""
COSTS = {"bytes": "max_bytes", "p50": "max_p50"}
"""Columns that are better when they are smaller -> the limit of each."""


@dataclass(frozen=True)
class Limits:
    """What a model may cost and has to reach; None: no limit."""

    max_bytes: float | None = None
    """Of all files needed to run it."""
    max_p50: float | None = None
    """Seconds, the median time of one text."""
    min_accuracy: float | None = None
    """Fraction of validation."""

    def excess(self, row: Mapping[str, Any]) -> float:
        """By which part of its limits a model misses them, summed; 0 where it keeps them, infinite if unmeasured."""
        over = [
            max(0.0, row[column] / limit - 1) if pd.notna(row.get(column)) else float("inf")
            for column, name in COSTS.items()
            if (limit := getattr(self, name)) is not None
        ]
        if self.min_accuracy is not None:
            over.append(max(0.0, 1 - row["validation_accuracy"] / self.min_accuracy))
        return sum(over)


@dataclass(frozen=True)
class Choice:
    """A row of `candidates`, and whether it keeps all limits; else it is the one that misses them by least."""

    row: Mapping[str, Any]
    fits: bool

    def __str__(self) -> str:
        """The model's name and what it costs, in one line."""
        row = self.row
        time = f", {1e3 * row['p50']:.2f} ms" if pd.notna(row.get("p50")) else ""
        accuracy = f"{100 * row['validation_accuracy']:.1f} % on validation, {100 * row['accuracy']:.1f} % on test"
        return f"{row['recipe']}, seed {row['seed']}: {row['bytes'] / 1e6:.1f} MB{time}, {accuracy}"


def candidates(results: pd.DataFrame, dataset: str, times: pd.DataFrame | None = None) -> pd.DataFrame:
    """One row a recipe of a dataset, but for baselines: recipe, bytes, validation_accuracy, accuracy and, timed, p50.

    Means over seeds; `seed`: that of the best validation accuracy. `results`: a row a dataset, seed and recipe;
    `times`: a row a recipe, whose `short_p50` are the seconds of one short text. Raises ValueError, naming those there
    are, for an unknown dataset.
    """
    if dataset not in set(results["dataset"]):
        raise ValueError(f"there is no dataset '{dataset}': choose from {', '.join(sorted(set(results['dataset'])))}")
    of = results[(results["dataset"] == dataset) & (results["stage"] != "baseline")]  # which no folder is kept of
    table = of.groupby("recipe", sort=False)[["bytes", "validation_accuracy", "accuracy"]].mean()
    table["seed"] = of.loc[of.groupby("recipe")["validation_accuracy"].idxmax()].set_index("recipe")["seed"]
    if times is not None:
        table = table.join(times.set_index("recipe")["short_p50"].rename("p50"))
    return table.reset_index()


def front(table: pd.DataFrame) -> pd.DataFrame:
    """The rows that no other beats: at least as good in everything measured, and better in something."""
    costs = [column for column in COSTS if column in table]
    values = table[costs].fillna(float("inf")).assign(_missing=-table["validation_accuracy"])
    beaten = [bool(((values <= own).all(axis=1) & (values < own).any(axis=1)).any()) for _, own in values.iterrows()]
    return table[[not each for each in beaten]].reset_index(drop=True)


def pick(table: pd.DataFrame, limits: Limits) -> Choice:
    """Of the front of `candidates` the most accurate on validation that keeps all limits, ties to the smaller.

    Where none does, the nearest. Raises ValueError for an empty table.
    """
    if table.empty:
        raise ValueError("no model with a size was measured: run `dvc repro evaluate report`")
    rows = front(table).sort_values(["validation_accuracy", "bytes"], ascending=[False, True], kind="stable")
    records = [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]
    nearest = min(records, key=limits.excess)
    return Choice(nearest, limits.excess(nearest) == 0)


def amount(text: str, units: Mapping[str, float]) -> float:
    """A number with a unit of BYTES or SECONDS: `5MB`, `2 ms`. Raises ValueError for anything else."""
    match = re.fullmatch(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*([A-Za-z]*)\s*", text)
    if not match or match[2].upper() not in units or not float(match[1]):
        raise ValueError(f"'{text}' is no amount: give a positive number and one of {', '.join(filter(None, units))}")
    return float(match[1]) * units[match[2].upper()]


def pick_model(run: str | Path, dataset: str, limits: Limits) -> Choice:
    """What `pick` chooses of a run's folder. Raises ValueError, in one line, for what was not measured there."""
    results, times = Path(run) / RESULTS, Path(run) / TIMES
    if not results.is_file():
        raise ValueError(f"{results} is not there: run `dvc repro report`")
    if limits.max_p50 is not None and not times.is_file():
        raise ValueError(f"{times} is not there, and without it no time is known: run `dvc repro benchmark`")
    table = candidates(pd.read_csv(results), dataset, pd.read_csv(times) if times.is_file() else None)
    return pick(table, limits)


def copy_model(choice: Choice, run: str | Path, dataset: str, place: str | Path) -> None:
    """Copy a chosen model's folder. Raises ValueError where something lies there, or the model is not on this disk."""
    folder, place = Path(run, "models", choice.row["recipe"], dataset, str(choice.row["seed"])), Path(place)
    if place.exists():
        raise ValueError(f"{place} is there already: name a new folder")
    if not folder.is_dir():
        raise ValueError(f"{folder} is not there: run `dvc checkout` in {run}")
    with written_aside(place) as aside:
        shutil.copytree(folder, aside)
