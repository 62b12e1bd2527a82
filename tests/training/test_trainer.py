"""The training loop: it learns, it keeps the best, it resumes after a kill, it is deterministic."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import slim.training.trainer
from slim.modeling.classifier import Classifier
from slim.modeling.device import Runtime
from slim.modeling.model_io import load
from slim.modeling.transformer import ARCHITECTURES, layers
from slim.training.objective import DistillationObjective
from slim.training.trainer import (
    LengthGroupedBatches,
    Schedule,
    cross_entropy_objective,
    last_complete,
    train_classifier,
)
from tests import pico

SCHEDULE = Schedule(epochs=3, batch_size=8, learning_rate=3e-3, warmup=0.1, weight_decay=0.01, seed=0)
TRAINING, VALIDATION = pico.learnable(128, 0), pico.learnable(64, 1)


def trained(work: Path, schedule: Schedule = SCHEDULE, **options: Any) -> tuple[Classifier, list[dict[str, float]]]:
    """A pico model after its training, and the log."""
    torch.manual_seed(0)
    model = pico.classifier(classes=2)
    return model, train_classifier(model, TRAINING, VALIDATION, schedule, work, **options)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """(model, log) of a plain training."""
    return trained(tmp_path_factory.mktemp("plain") / "work")


def assert_same(one: Classifier, two: Classifier) -> None:
    weights = [model.model.state_dict() for model in (one, two)]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


def test_training_learns_and_ends_as_its_best_epoch(plain):
    model, epochs = plain
    accuracy = (model.logits(VALIDATION.inputs).argmax(-1) == VALIDATION.labels).mean()
    assert len(epochs) == 3
    assert accuracy == pytest.approx(max(epoch["eval_accuracy"] for epoch in epochs))
    assert accuracy > 0.8
    assert not any("second" in key or "runtime" in key for epoch in epochs for key in epoch)


def test_training_again_gives_the_same_weights_and_so_does_the_control_of_a_distillation(plain, tmp_path):
    control = {"objective": DistillationObjective(2.0, 0.0), "teacher": np.zeros((128, 2), np.float32)}
    again, log = trained(tmp_path / "work", **control)
    assert_same(again, plain[0])
    assert log == plain[1]


def test_an_interrupted_training_resumes_and_ends_where_an_unbroken_one_ends(plain, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(slim.training.trainer, "SAVE_EVERY_SECONDS", 0.0)
    steps: list[int] = []

    def interrupted(model, batch):
        steps.append(1)
        if len(steps) == 20:  # in the second epoch of 16 steps
            raise KeyboardInterrupt
        return cross_entropy_objective(model, batch)

    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path / "work", objective=interrupted)
    assert last_complete(tmp_path / "work").name == "checkpoint-19"
    monkeypatch.setattr(slim.training.trainer, "SAVE_EVERY_SECONDS", 100.0)
    resumed, log = trained(tmp_path / "work")
    assert "resuming from" in capsys.readouterr().out
    assert_same(resumed, plain[0])
    assert [epoch["eval_accuracy"] for epoch in log] == [epoch["eval_accuracy"] for epoch in plain[1]]
    assert not (tmp_path / "work").exists()


def test_a_model_trained_in_bfloat16_answers_in_float32_again(tmp_path, monkeypatch):
    monkeypatch.setattr(pico, "EXACT", Runtime(torch.device("cpu"), bf16=True))
    model, _ = trained(tmp_path / "work", replace(SCHEDULE, epochs=1))
    exact = replace(model, runtime=Runtime(torch.device("cpu"), bf16=False))
    model.save(tmp_path / "model", pico.texts())
    reloaded, _ = load(tmp_path / "model")
    np.testing.assert_array_equal(exact.with_model(reloaded).logits(pico.texts()), exact.logits(pico.texts()))
    assert not np.array_equal(model.logits(pico.texts()), exact.logits(pico.texts()))


def test_a_student_learns_from_its_teacher_alone(tmp_path):
    wrong = np.where(np.arange(2) == 1 - TRAINING.labels[:, None], 4.0, -4.0).astype(np.float32)
    model, _ = trained(tmp_path / "work", objective=DistillationObjective(1.0, 1.0), teacher=wrong)
    # Even the epoch that true labels like best has learned the opposite of them.
    assert (model.logits(TRAINING.inputs).argmax(-1) == TRAINING.labels).mean() < 0.4


def test_without_validation_training_takes_the_steps_asked_for_and_keeps_no_epoch(tmp_path):
    model, taken = pico.classifier(classes=2), []
    before = {name: tensor.clone() for name, tensor in model.model.state_dict().items()}
    objective = lambda model, batch: taken.append(1) or cross_entropy_objective(model, batch)  # noqa: E731
    assert train_classifier(model, TRAINING, None, replace(SCHEDULE, steps=5), tmp_path / "work", objective) == []
    assert len(taken) == 5
    assert any(not torch.equal(before[name], tensor) for name, tensor in model.model.state_dict().items())


@pytest.mark.parametrize("family", ARCHITECTURES)
def test_every_architecture_learns(family, tmp_path):
    whole = pico.classifier(family=family, layers=2, classes=2)
    schedule = Schedule(epochs=1, batch_size=32, learning_rate=1e-2, warmup=0.0, weight_decay=0.0, seed=0, steps=4)
    before = {name: tensor.clone() for name, tensor in layers(whole.model).named_parameters()}
    train, test = pico.learnable(96, 0, family), pico.learnable(60, 2, family)

    def loss() -> float:
        logits = torch.tensor(whole.logits(test.inputs))
        return torch.nn.functional.cross_entropy(logits, torch.tensor(test.labels)).item()

    untrained = loss()
    train_classifier(whole, train, None, schedule, tmp_path / "work")
    assert loss() < untrained
    assert not any(torch.equal(tensor, before[name]) for name, tensor in layers(whole.model).named_parameters())


def test_a_schedule_is_as_long_as_its_passes_or_its_least_steps():
    assert SCHEDULE.length(20) == 3 * 3
    assert replace(SCHEDULE, epochs=0.5).length(20) == 2
    assert replace(SCHEDULE, min_steps=50).length(20) == 50 == replace(SCHEDULE, min_steps=9, steps=50).length(20)
    assert replace(SCHEDULE, min_steps=50).length(2000) == 3 * 250


def test_a_checkpoint_that_a_kill_left_half_written_is_not_resumed_from(tmp_path):
    for step, whole in ((8, True), (16, True), (24, False)):
        (tmp_path / f"checkpoint-{step}").mkdir()
        if whole:
            (tmp_path / f"checkpoint-{step}" / "complete").touch()
    assert last_complete(tmp_path) == tmp_path / "checkpoint-16"
    assert not (tmp_path / "checkpoint-24").exists()
    assert last_complete(tmp_path / "absent") is None


def test_batches_hold_texts_of_similar_length_and_do_not_come_sorted_by_it():
    """Neither within an epoch nor over and over in parts of it: else the last steps see the shortest texts alone."""
    lengths = np.random.default_rng(0).permutation(3200) % 100
    batches = list(LengthGroupedBatches(lengths, 32, 0, lambda: 0))
    means = np.array([lengths[batch].mean() for batch in batches])
    spreads = [np.ptp(lengths[batch]) for batch in batches]
    assert np.mean(spreads) < 20  # of 100 where batches are drawn blindly
    falls = (np.diff(means) < 0).mean()
    assert 0.3 < falls < 0.7
