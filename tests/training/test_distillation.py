"""Distillation: equal steps with and without a teacher, texts without labels, further terms of the loss."""

import numpy as np
import pytest

from slim.modeling.transformer import keep_layers
from slim.training.cross_entropy import UNLABELLED
from slim.training.distillation import TransferSet, distill_classifier
from slim.training.objective import DistillationObjective, matches
from slim.training.trainer import Schedule
from tests import pico

SCHEDULE = Schedule(epochs=5.0, batch_size=8, learning_rate=3e-3, warmup=0.1, weight_decay=0.01, seed=0)


@pytest.fixture(scope="module")
def inputs() -> TransferSet:
    """96 labelled and 64 unlabelled texts, and a teacher that is always right and sure."""
    train, more = pico.learnable(96, 0), pico.learnable(64, 3)
    splits = {"train": train, "unlabelled": more}
    logits = {name: 6.0 * np.eye(2, dtype=np.float32)[each.labels] for name, each in splits.items()}
    return TransferSet(train, more.inputs, logits)


def test_unlabelled_texts_come_without_labels_and_with_the_teachers_logits(inputs):
    split, logits = inputs.with_unlabelled(10)
    assert split.inputs[96:] == list(inputs.unlabelled[:10]) and len(split.inputs) == len(logits) == 106
    assert (split.labels[96:] == UNLABELLED).all() and (split.labels[:96] == inputs.train.labels).all()
    np.testing.assert_array_equal(logits[96:], inputs.logits["unlabelled"][:10])


@pytest.mark.parametrize("alpha", [0.0, 1.0])
def test_the_control_takes_as_many_steps_of_labelled_texts_alone(alpha, inputs, monkeypatch):
    calls = []
    monkeypatch.setattr(
        "slim.training.distillation.train_classifier",
        lambda student, split, validation, schedule, *_, **columns: calls.append((split, schedule, columns)),
    )
    distill_classifier(None, DistillationObjective(2.0, alpha), SCHEDULE, inputs, transfer=64, work=None)
    ((split, schedule, columns),) = calls
    assert schedule.steps == 5 * (96 + 64) // 8
    assert len(split.inputs) == len(columns["teacher"]) == (160 if alpha else 96)


@pytest.mark.parametrize(
    ("terms", "transfer"),
    [({}, 0), ({"alpha": 0.0}, 0), ({"alpha": 1.0}, 64), ({"losses": {"hidden_states": 1.0}}, 0)],
)
def test_a_student_learns_in_every_way(terms, transfer, inputs, tmp_path):
    teacher = pico.classifier(layers=3, classes=2)
    student = teacher.with_model(keep_layers(teacher.model, [0, 2]))
    objective = DistillationObjective(
        **{"temperature": 1.0, "alpha": 0.5, "kept": (0, 2), "teacher": teacher.model} | terms
    )
    distill_classifier(student, objective, SCHEDULE, inputs, transfer, tmp_path)
    test = pico.learnable(60, 2)
    assert (student.logits(test.inputs).argmax(-1) == test.labels).mean() > 0.7


def test_a_student_with_all_layers_matches_each_with_its_own():
    assert matches(range(4), 4) == [0, 1, 2, 3]
    assert matches([0, 3], 6) == [2, 5]
