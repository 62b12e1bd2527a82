"""What is measured of a model on the test split, and how two models are compared there."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from slim.evaluation.metrics.intervals import accuracy_interval, difference_interval, mcnemar
from slim.evaluation.metrics.quality import accuracy, quality
from slim.evaluation.metrics.size import ratios, size
from slim.modeling.classifier import Classifier
from slim.modeling.splits import Split
from slim.utils.io import read_json

RELOAD_TOLERANCE = 1e-4
"""Largest difference of a logit that a reload may show: float32 rounding, no more."""


@dataclass(frozen=True)
class Evaluator:
    """The test and validation texts, and how intervals are made."""

    test: Split
    validation: Split
    resamples: int
    level: float
    bins: int

    def judge(self, test_logits: np.ndarray, validation_logits: np.ndarray) -> "Judged":
        """Quality on test with its interval, accuracy on validation."""
        correct = test_logits.argmax(-1) == self.test.labels
        low, high = accuracy_interval(correct, resamples=self.resamples, level=self.level)
        record = {"n": len(correct), "accuracy_low": low, "accuracy_high": high}
        record |= quality(test_logits, self.test.labels, bins=self.bins)
        return Judged(record | {"validation_accuracy": accuracy(validation_logits, self.validation.labels)}, correct)

    def saved(self, classifier: Classifier, folder: str | Path) -> "Judged":
        """A model as it was loaded from its folder: quality, size, and the proof that it is what was saved.

        Raises ValueError when its logits are not those its writer left beside it.
        """
        judged = self.judge(classifier.logits(self.test.inputs), classifier.logits(self.validation.inputs))
        before = np.load(Path(folder) / "reference_logits.npy", allow_pickle=False)
        difference = float(np.abs(classifier.reference_logits(self.validation.inputs) - before).max())
        if difference > RELOAD_TOLERANCE:
            raise ValueError(f"{folder} reloads with logits off by {difference:.2g}: remove it, run `dvc repro` again")
        known = {"reload_difference": difference, "precision": classifier.runtime.precision}
        known |= {"max_tokens": classifier.max_tokens, "cut": classifier.truncated_fraction(self.test.inputs)}
        return judged.with_(**size(folder), **known, **_recipe(folder))

    def compare(self, model: "Judged", other: "Judged", prefix: str, p: str) -> "Judged":
        """The model with its paired difference in accuracy to another, as `prefix`, `prefix`_low, _high and `p`."""
        low, high = difference_interval(model.correct, other.correct, resamples=self.resamples, level=self.level)
        difference = float(model.correct.mean() - other.correct.mean())
        found = {prefix: difference, f"{prefix}_low": low, f"{prefix}_high": high}
        return model.with_(**found, **{p: mcnemar(model.correct, other.correct).p})

    def against_teacher(self, model: "Judged", teacher: "Judged") -> "Judged":
        """The model compared with its teacher; with the ratio of accuracy to size, where it has a size."""
        compared = self.compare(model, teacher, "difference", "mcnemar_p")
        return compared.with_(**ratios(model.record, teacher.record)) if "bytes" in model.record else compared


@dataclass(frozen=True)
class Judged:
    """What is known of one model."""

    record: dict[str, Any]
    correct: np.ndarray
    """[n], bool: which test items it gets right."""

    def with_(self, **more: Any) -> "Judged":
        """The same, with more known of it."""
        return Judged(self.record | more, self.correct)


def compared(
    evaluator: Evaluator, floor: Judged, teacher: Judged, students: Mapping[str, Mapping[str, Judged]]
) -> dict[str, dict[str, Any]]:
    """Row name -> record: floor and students beside the teacher, distilled models also beside control and pruned.

    `students`: student -> model (pruned, hard_labels, distilled) -> what was measured of it.
    """
    rows = {"tfidf_linear": evaluator.against_teacher(floor, teacher), "teacher": teacher}
    for student, models in students.items():
        found = {name: evaluator.against_teacher(model, teacher) for name, model in models.items()}
        distilled = evaluator.compare(found["distilled"], found["hard_labels"], "over_control", "over_control_p")
        distilled = evaluator.compare(distilled, found["pruned"], "over_pruned", "over_pruned_p")
        for name, model in (found | {"distilled": distilled}).items():
            rows[f"{name}_{student}"] = model.with_(model=name, student=student)
    nothing = {"student": "", "strategy": ""}
    return {name: nothing | {"model": name} | model.record for name, model in rows.items()}


def _recipe(folder: str | Path) -> dict[str, Any]:
    """Which strategy chose which layers, where layers were chosen."""
    path = Path(folder) / "recipe.json"
    if not path.is_file():
        return {"strategy": ""}
    recipe = read_json(path)
    return {"strategy": recipe["strategy"], "kept": "-".join(map(str, recipe["kept"]))}
