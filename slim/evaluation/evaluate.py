"""What is measured of a model on the test split; whatever answers `.logits(inputs)` can be measured."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from slim.evaluation.bootstrap import accuracy_interval
from slim.evaluation.metrics import accuracy, quality
from slim.evaluation.size import ratios, size
from slim.modeling.formats import load_model
from slim.modeling.manifest import read_manifest
from slim.modeling.splits import Split

RELOAD_TOLERANCE = 1e-4
"""Largest difference of a logit that a reload may show: float32 rounding, no more."""

Record = dict[str, Any]


@dataclass(frozen=True)
class Measurement:
    """What is known of one model on one dataset."""

    record: Record
    """Names and numbers, as in data/metrics; the unmeasured is absent."""
    predictions: np.ndarray
    """[n], int16: the predicted class of every test item."""


@dataclass(frozen=True)
class Evaluator:
    """The test and validation splits, and how intervals are computed."""

    test: Split
    validation: Split
    resamples: int
    level: float
    calibration_bins: int

    def measure(
        self, test_logits: np.ndarray, validation_logits: np.ndarray, *, probabilities: bool = True
    ) -> Measurement:
        """Quality on test with the interval of the accuracy over items, and accuracy on validation.

        Logits [items, classes] of each split. What needs probabilities is absent for margins.
        """
        predictions = test_logits.argmax(-1)
        low, high = accuracy_interval(predictions == self.test.labels, resamples=self.resamples, level=self.level)
        record = {"n": len(predictions), "accuracy_low": low, "accuracy_high": high}
        record |= quality(test_logits, self.test.labels, bins=self.calibration_bins)
        if not probabilities:
            record = {name: value for name, value in record.items() if name not in ("nll", "calibration_error")}
        record |= {"validation_accuracy": accuracy(validation_logits, self.validation.labels)}
        return Measurement(record, predictions.astype(np.int16))

    def measure_folder(self, folder: Path, runtime: Mapping[str, Any]) -> Measurement:
        """A saved model, loaded in this process: quality, size, and the proof that it is what was saved.

        `runtime`: the options of `Classifier.load`. Raises ValueError when its logits differ from those that were
        saved beside it.
        """
        classifier = load_model(folder, runtime)
        measured = self.measure(classifier.logits(self.test.inputs), classifier.logits(self.validation.inputs))
        saved = np.load(folder / "reference_logits.npy", allow_pickle=False)
        difference = reload_difference(folder, classifier.reference_logits(self.validation.inputs), saved)
        run = {"precision": classifier.precision, "max_tokens": classifier.max_tokens}
        run |= {"truncated": classifier.truncated_fraction(self.test.inputs), "reload_difference": difference}
        return Measurement(measured.record | size(folder) | run | history(folder), measured.predictions)

    def measure_baseline(self, model: Any, folder: Path) -> Measurement:
        """A fitted baseline, saved to a folder and loaded from it: quality, size, and the proof of the reload.

        Raises ValueError when the logits of the loaded one differ.
        """
        model.save(folder)
        test, validation = (type(model).load(folder).logits(split.inputs) for split in (self.test, self.validation))
        difference = reload_difference(folder, validation, model.logits(self.validation.inputs))
        # Log-probabilities sum to one; the margins of an SVM do not.
        measured = self.measure(test, validation, probabilities=bool(np.allclose(np.exp(test).sum(axis=1), 1)))
        known = {"bytes": read_manifest(folder)["bytes"], "reload_difference": difference}
        known |= {"parameters": model.parameters} if hasattr(model, "parameters") else {}
        return Measurement(measured.record | known, measured.predictions)


def reload_difference(folder: Path, loaded: np.ndarray, saved: np.ndarray) -> float:
    """Largest difference of a logit of a loaded model. Raises ValueError when it is more than RELOAD_TOLERANCE."""
    difference = float(np.abs(loaded - saved).max())
    if difference > RELOAD_TOLERANCE:
        raise ValueError(f"{folder} reloads with logits off by {difference:.2g}: remove it, run `dvc repro` again")
    return difference


def history(folder: Path) -> Record:
    """The order that chose a model's layers and the layers that were kept, "0-2-5", where layers were dropped."""
    known: Record = {}
    for step in read_manifest(folder)["steps"]:
        if "kept" in step:
            known = {"order": step["options"]["order"], "kept": "-".join(map(str, step["kept"]))}
    return known


def with_ratios(records: Mapping[str, Record], teacher: str = "teacher") -> dict[str, Record]:
    """The records of a run by recipe, each model that has a size with its accuracy-to-size ratios to the teacher."""
    return {
        name: record | (ratios(record, records[teacher]) if "bytes" in record else {})
        for name, record in records.items()
    }
