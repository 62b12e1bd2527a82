"""Teaching: equal steps with and without a teacher, texts without labels, several ways at once."""

from dataclasses import replace

import numpy as np
import pytest

import slim.training.variants
from slim.modeling.transformer import keep_layers
from slim.training.distillation import Lesson, Material, _mixed, steps, teach
from slim.training.losses.cross_entropy import UNLABELLED
from slim.training.variants import taught
from tests import pico
from tests.pico import learnable

LESSON = Lesson(
    temperature=1.0, alpha=1.0, hidden_states=0.0, attention_relations=0.0, transfer=0,
    epochs=2.0, min_steps=0, batch_size=8, learning_rate=3e-3, warmup=0.1, weight_decay=0.01,
)  # fmt: skip


@pytest.fixture
def material(tmp_path, monkeypatch) -> Material:
    """96 labelled and 64 unlabelled texts, and a teacher that is always right and sure."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "input").write_text("x")
    train, more = learnable(96, 0), learnable(64, 3)
    logits = {
        name: 6.0 * np.eye(2, dtype=np.float32)[each.labels] for name, each in (("train", train), ("unlabelled", more))
    }
    return Material(train, more.inputs, logits, (tmp_path / "input",))


def test_the_control_takes_as_many_steps(material):
    lesson = replace(LESSON, transfer=64, hidden_states=1.0)
    assert steps(lesson, material) == 2 * (96 + 64) // 8 == steps(lesson.control(), material)
    assert steps(replace(LESSON, transfer=10_000), material) == steps(lesson, material)
    assert steps(replace(LESSON, epochs=0.01), material) == 1
    assert lesson.control() == replace(lesson, alpha=0.0, hidden_states=0.0) == lesson.control().control()


def test_a_transfer_set_comes_without_labels_and_with_the_teachers_logits(material):
    texts, logits = _mixed(material, 10)
    assert texts.inputs[96:] == material.unlabelled[:10] and len(texts.inputs) == len(logits) == 106
    assert (texts.labels[96:] == UNLABELLED).all() and (texts.labels[:96] == material.train.labels).all()
    np.testing.assert_array_equal(logits[96:], material.logits["unlabelled"][:10])


@pytest.mark.parametrize("changes", [{}, {"alpha": 0.0}, {"transfer": 64}, {"hidden_states": 1.0}])
def test_a_student_learns_in_every_way(material, changes):
    teacher = pico.classifier(layers=3, classes=2)
    student = teacher.with_model(keep_layers(teacher.model, [0, 2]))
    teach(student, replace(LESSON, epochs=5.0, **changes), material, teacher=teacher.model, kept=[0, 2],
          files=["input"], seed=0)  # fmt: skip
    test = learnable(60, 2)
    assert (student.logits(test.inputs).argmax(-1) == test.labels).mean() > 0.7


def test_every_way_stands_beside_a_control_and_equal_controls_are_trained_once(material, monkeypatch):
    teacher = pico.classifier(layers=3, classes=2)
    student = teacher.with_model(keep_layers(teacher.model, [0, 2]))
    test, trained = learnable(60, 2), []
    really = slim.training.variants.teach
    monkeypatch.setattr(
        slim.training.variants,
        "teach",
        lambda s, lesson, *a, **k: trained.append(lesson) or really(s, lesson, *a, **k),
    )
    lessons = {"soft": LESSON, "hidden": replace(LESSON, hidden_states=1.0), "more": replace(LESSON, transfer=64)}

    def results():
        return taught(student, lessons, material, test, teacher=teacher.model, kept=[0, 2], files=["input"], seed=0)

    found = results()
    assert len(trained) == 5  # three lessons, and controls of two lengths
    assert found["soft_steps"] == found["hidden_steps"] == 24 and found["more_steps"] == 40
    np.testing.assert_array_equal(found["soft_control"], found["hidden_control"])
    assert not np.array_equal(found["soft_control"], found["more_control"])
    np.testing.assert_array_equal(found["labels"], test.labels)
    again = results()
    assert len(trained) == 5 and set(found) == set(again)
    assert all(np.array_equal(found[name], again[name]) for name in found)
