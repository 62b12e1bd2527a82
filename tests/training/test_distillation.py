"""Distillation: equal steps with and without a teacher, texts without labels, further terms of the loss."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from slim.compression.compressors.distill import distill
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
    split, logits = replace(inputs, unlabelled=inputs.unlabelled[:10]).with_unlabelled()
    assert split.inputs[96:] == list(inputs.unlabelled[:10]) and len(split.inputs) == len(logits) == 106
    assert (split.labels[96:] == UNLABELLED).all() and (split.labels[:96] == inputs.train.labels).all()
    np.testing.assert_array_equal(logits[96:], inputs.logits["unlabelled"][:10])


def test_altered_texts_are_labelled_by_the_teacher_once(inputs, tmp_path, monkeypatch):
    teacher = pico.classifier(layers=1, classes=2)
    few = replace(inputs, unlabelled=inputs.unlabelled[:10])
    more = few.with_altered(2, teacher, 0, tmp_path)
    split, logits = more.with_unlabelled()
    assert len(split.inputs) == len(logits) == 96 + 10 + 2 * 96
    np.testing.assert_allclose(logits[106:], teacher.logits(split.inputs[106:]), atol=1e-5)
    monkeypatch.setattr(type(teacher), "logits", None)
    np.testing.assert_array_equal(few.with_altered(2, teacher, 0, tmp_path).logits["unlabelled"], logits[96:])


@pytest.mark.parametrize("alpha", [0.0, 1.0])
def test_the_control_sees_labelled_texts_alone(alpha, inputs, monkeypatch):
    calls = []
    monkeypatch.setattr(
        "slim.training.distillation.train_classifier",
        lambda student, split, validation, schedule, *_, **columns: calls.append((split, columns)),
    )
    student = SimpleNamespace(model=None)
    distill_classifier(student, DistillationObjective(2.0, alpha), SCHEDULE, inputs, work=None)
    ((split, columns),) = calls
    assert len(split.inputs) == len(columns["teacher"]) == (160 if alpha else 96)


@pytest.mark.parametrize("alpha", [0.0, 0.5])
def test_a_student_takes_as_many_steps_with_a_teacher_as_without(alpha, inputs, tmp_path, monkeypatch):
    lengths = []
    monkeypatch.setattr(
        "slim.training.distillation.distill_classifier",
        lambda student, objective, schedule, *_: lengths.append(schedule.length(1)),
    )
    teacher = pico.classifier(layers=1, classes=2)
    context = SimpleNamespace(
        train=inputs.train, unlabelled=inputs.unlabelled, teacher=teacher, teacher_logits=inputs.logits,
        teacher_layers=(), seed=0, work=tmp_path,
    )  # fmt: skip
    distill(teacher, context, alpha=alpha, transfer=40, augment=2, epochs=2, batch_size=8)
    assert lengths == [2 * (96 + 40 + 2 * 96) // 8]


@pytest.mark.parametrize(
    ("terms", "unlabelled"),
    [({}, 0), ({"alpha": 0.0}, 0), ({"alpha": 1.0}, 64), ({"losses": {"hidden_states": 1.0}}, 0)],
)
def test_a_student_learns_in_every_way(terms, unlabelled, inputs, tmp_path):
    teacher = pico.classifier(layers=3, classes=2)
    student = teacher.with_model(keep_layers(teacher.model, [0, 2]))
    objective = DistillationObjective(
        **{"temperature": 1.0, "alpha": 0.5, "kept": (0, 2), "teacher": teacher.model} | terms
    )
    seen = replace(inputs, unlabelled=inputs.unlabelled[:unlabelled])
    distill_classifier(student, objective, SCHEDULE, seen, tmp_path)
    test = pico.learnable(60, 2)
    assert (student.logits(test.inputs).argmax(-1) == test.labels).mean() > 0.7


def test_a_student_with_all_layers_matches_each_with_its_own():
    assert matches(range(4), 4) == [0, 1, 2, 3]
    assert matches([0, 3], 6) == [2, 5]
