"""Every recipe of one run (a dataset with a seed) on the test split, each measured once and kept in the work cache."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from slim.evaluation.evaluate import Evaluator, Measurement, Record, with_ratios
from slim.evaluation.training_data import TrainingData
from slim.modeling.splits import class_names, read_split
from slim.utils.io import read_arrays, read_json, write_arrays, write_json
from slim.utils.registry import find
from slim.utils.work_cache import once, work_folder

RECIPES = ("prune", "distill", "compress", "baselines")
"""Parameters that say which models there are; a measurement depends on the model alone."""
FIELDS = ("method", "from", "control")
"""What a record repeats of a recipe's entry."""
ENCODER = Path("models/base")
"""The pretrained encoder, which some baselines read."""


@dataclass(frozen=True)
class RunEvaluation:
    """One run and how it is measured."""

    run: str
    """dataset/seed"""
    runtime: Mapping[str, Any]
    """The options of `Classifier.load` but for the seed."""
    resamples: int
    level: float
    calibration_bins: int

    def measure_all(
        self, recipes: Mapping[str, Mapping[str, Mapping[str, Any]]], baselines: Mapping[str, Mapping[str, Any]]
    ) -> tuple[dict[str, Record], dict[str, np.ndarray]]:
        """(record by recipe, arrays by recipe) of the teacher, all recipes and all baselines.

        `recipes`: stage -> recipe -> its entry of params.yaml. Arrays are predicted classes [n], int16, and `labels`.
        """
        measured = {"teacher": self._model("teacher", {"stage": "teacher"})}
        for stage, entries in recipes.items():
            for name, entry in entries.items():
                measured[name] = self._model(name, {"stage": stage} | _fields(entry))
        for name, entry in baselines.items():
            measured[name] = self._baseline(name, entry)
        records = with_ratios({name: one.record for name, one in measured.items()})
        predictions = {name: one.predictions for name, one in measured.items()}
        return records, predictions | {"labels": self._evaluator().test.labels}

    def _model(self, name: str, known: Record) -> Measurement:
        folder = Path("models", name, self.run)

        def measure() -> Measurement:
            return self._evaluator().measure_folder(folder, {**self.runtime, "seed": int(self._seed)})

        return self._once(name, known, [folder, self._data], measure)

    def _baseline(self, name: str, entry: Mapping[str, Any]) -> Measurement:
        known = {"stage": "baseline"} | _fields(entry)

        def measure() -> Measurement:
            model = fitted(entry, self._data, int(self._seed), self.runtime["threads"])
            with TemporaryDirectory() as folder:
                return self._evaluator().measure_baseline(model, Path(folder, name))

        item = {"method": entry["method"], "seed": self._seed, **_options(entry)}
        return self._once(name, known, [self._data, ENCODER], measure, **item)

    def _once(self, name: str, known: Record, reads: list[Path], measure: Any, **options: Any) -> Measurement:
        """A measurement from the work cache, taken unless it is there."""

        def compute(folder: Path) -> None:
            taken = measure()
            write_json(taken.record, folder / "record.json")
            write_arrays({"predictions": taken.predictions}, folder / "predictions.npz")

        item = {"key": name} | {"options": options}
        result = once(work_folder("evaluate", item, reads, apart_from=RECIPES), compute)
        about = {"dataset": self._data.name, "seed": int(self._seed), "recipe": name} | known
        record = about | read_json(result / "record.json")
        return Measurement(record, read_arrays(result / "predictions.npz")["predictions"])

    def _evaluator(self) -> Evaluator:
        test, validation = (read_split(self._data, split) for split in ("test", "validation"))
        return Evaluator(test, validation, self.resamples, self.level, self.calibration_bins)

    @property
    def _data(self) -> Path:
        return Path("data/datasets", self.run.split("/")[0])

    @property
    def _seed(self) -> str:
        return self.run.split("/")[1]


def fitted(entry: Mapping[str, Any], data: Path, seed: int, threads: int) -> Any:
    """A baseline, an entry of params.yaml, fitted on the train split of a dataset's folder."""
    train, validation = (read_split(data, name) for name in ("train", "validation"))
    known = TrainingData(train, validation, len(class_names(data)), ENCODER, seed, threads)
    return find("evaluation/baselines", entry["method"])(known, **_options(entry))


def _options(entry: Mapping[str, Any]) -> Record:
    return {key: value for key, value in entry.items() if key not in FIELDS}


def _fields(entry: Mapping[str, Any]) -> Record:
    return {key: entry[key] for key in FIELDS if entry.get(key) is not None}


def unknown_models(folder: str | Path, recipes: Mapping[str, Mapping[str, Any]]) -> list[Path]:
    """Folders of models that a recipe left when it was dropped; they are never evaluated. `recipes`: by stage."""
    known = {"base", "teacher", *(name for entries in recipes.values() for name in entries)}
    return sorted(path for path in Path(folder).iterdir() if path.is_dir() and path.name not in known)
