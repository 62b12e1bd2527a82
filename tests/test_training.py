"""The training loop: it learns, it keeps the best, it resumes after a kill, it is deterministic."""

import io
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from slim.modeling.device import Runtime
from slim.modeling.model_io import load
from slim.modeling.splits import Split
from slim.modeling.transformer import ARCHITECTURES
from slim.training.losses.distillation import Distillation
from slim.training.trainer import Schedule, cross_entropy_objective, last_complete, train_classifier
from slim.utils.code_hash import ROOT
from slim.utils.image_files import encode_png
from slim.utils.work_cache import checkpoint_folder
from tests import pico

SCHEDULE = Schedule(epochs=4, batch_size=8, learning_rate=3e-3, warmup=0.1, weight_decay=0.01, seed=0)


def learnable(count: int, seed: int, family: str = "bert") -> Split:
    """Texts of two classes that share no word; or images, dark and light ones."""
    labels = pico.labels(count, classes=2, seed=seed)
    draw = np.random.default_rng(seed)
    if ARCHITECTURES[family].images:
        shades = draw.integers(0, 128, (count, 8, 8), np.uint8)
        return Split(
            [encode_png(shade + np.uint8(128 * label)) for shade, label in zip(shades, labels, strict=True)], labels
        )
    texts = [" ".join(draw.choice(pico.WORDS[30 * label : 30 * label + 30], 5)) for label in labels]
    return Split(texts, labels)


def trained(folder: Path, monkeypatch: pytest.MonkeyPatch, **options):
    monkeypatch.chdir(folder)
    (folder / "input").write_text("x")
    torch.manual_seed(0)
    model = pico.classifier(classes=2)
    return model, train_classifier(model, learnable(128, 0), learnable(64, 1), SCHEDULE, Path("work"), **options)


def test_training_learns_and_ends_as_its_best_epoch(tmp_path, monkeypatch):
    model, epochs = trained(tmp_path, monkeypatch)
    validation = learnable(64, 1)
    accuracy = (model.logits(validation.inputs).argmax(-1) == validation.labels).mean()
    assert len(epochs) == 4
    assert accuracy == pytest.approx(max(epoch["eval_accuracy"] for epoch in epochs))
    assert accuracy > 0.8
    assert not any("second" in key or "runtime" in key for epoch in epochs for key in epoch)


def test_training_twice_gives_the_same_weights(tmp_path, monkeypatch):
    runs = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        runs.append(trained(tmp_path / name, monkeypatch)[0].model.state_dict())
    assert all(torch.equal(runs[0][key], runs[1][key]) for key in runs[0])


def test_a_model_trained_in_bfloat16_answers_in_float32_again(tmp_path, monkeypatch):
    monkeypatch.setattr(pico, "EXACT", Runtime(torch.device("cpu"), bf16=True))
    model, _ = trained(tmp_path, monkeypatch)
    exact = replace(model, runtime=Runtime(torch.device("cpu"), bf16=False))
    model.save(tmp_path / "model", pico.texts())
    reloaded, _ = load(tmp_path / "model")
    np.testing.assert_array_equal(exact.with_model(reloaded).logits(pico.texts()), exact.logits(pico.texts()))
    assert not np.array_equal(model.logits(pico.texts()), exact.logits(pico.texts()))


def test_the_control_of_a_distillation_is_training_on_labels(tmp_path, monkeypatch):
    runs = []
    for name, options in (
        ("plain", {}),
        ("control", {"objective": Distillation(2.0, 0.0), "teacher": np.zeros((128, 2), np.float32)}),
    ):
        (tmp_path / name).mkdir()
        runs.append(trained(tmp_path / name, monkeypatch, **options)[0].model.state_dict())
    assert all(torch.equal(runs[0][key], runs[1][key]) for key in runs[0])


def test_a_student_learns_from_its_teacher_alone(tmp_path, monkeypatch):
    training = learnable(128, 0)
    teacher = np.where(np.arange(2) == 1 - training.labels[:, None], 4.0, -4.0).astype(np.float32)  # the wrong way
    model, _ = trained(tmp_path, monkeypatch, objective=Distillation(1.0, 1.0), teacher=teacher)
    # Even the epoch that true labels like best has learned the opposite of them.
    assert (model.logits(training.inputs).argmax(-1) == training.labels).mean() < 0.4


def test_without_validation_training_takes_the_steps_asked_for_and_keeps_no_epoch(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "input").write_text("x")
    torch.manual_seed(0)
    model = pico.classifier(classes=2)
    before = {name: tensor.clone() for name, tensor in model.model.state_dict().items()}
    taken = []
    objective = lambda model, batch: taken.append(1) or cross_entropy_objective(model, batch)  # noqa: E731
    assert train_classifier(model, learnable(128, 0), None, replace(SCHEDULE, steps=5), Path("work"), objective) == []
    assert len(taken) == 5
    assert any(not torch.equal(before[name], tensor) for name, tensor in model.model.state_dict().items())


def test_a_schedule_is_as_long_as_its_passes_or_its_least_steps():
    assert SCHEDULE.length(20) == 4 * 3
    assert replace(SCHEDULE, epochs=0.5).length(20) == 2
    assert replace(SCHEDULE, min_steps=50).length(20) == 50 == replace(SCHEDULE, min_steps=9, steps=50).length(20)
    assert replace(SCHEDULE, min_steps=50).length(2000) == 4 * 250


PROGRAM = """
import sys, torch
from pathlib import Path
import slim.training.trainer
from tests.test_training import SCHEDULE, learnable
from tests import pico
from dataclasses import replace
slim.training.trainer.SAVE_EVERY_SECONDS = 0.0
torch.set_num_threads(1)
torch.manual_seed(0)
model = pico.classifier(classes=2)
slim.training.trainer.train_classifier(model, learnable(512, 0), learnable(64, 1), replace(SCHEDULE, epochs=3), "work")
torch.save(model.model.state_dict(), sys.argv[1])
"""


def test_a_killed_run_resumes_and_ends_where_an_unbroken_one_ends(tmp_path):
    (tmp_path / "input").write_text("x")

    def start(name: str) -> subprocess.Popen:
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / "input").write_text("x")
        return subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "weights.pt"],
            cwd=tmp_path / name,
            env={"PYTHONPATH": str(ROOT), "PATH": "", "OMP_NUM_THREADS": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    broken = start("broken")
    deadline = time.monotonic() + 300
    while not list((tmp_path / "broken").glob("work/checkpoint-*/complete")):
        assert broken.poll() is None and time.monotonic() < deadline, "ended before its first checkpoint"
        time.sleep(0.02)
    broken.send_signal(signal.SIGKILL)
    broken.wait()
    assert not (tmp_path / "broken" / "weights.pt").exists()
    resumed, whole = start("broken"), start("whole")
    said = resumed.communicate(timeout=600)[0]
    whole.communicate(timeout=600)
    assert "resuming from" in said
    weights = [torch.load(tmp_path / name / "weights.pt", weights_only=True) for name in ("broken", "whole")]
    for key in weights[0]:
        torch.testing.assert_close(weights[0][key], weights[1][key])
    assert not list((tmp_path / "broken").glob("work/checkpoint-*"))


def test_a_checkpoint_that_a_kill_left_half_written_is_not_resumed_from(tmp_path):
    for step, whole in ((8, True), (16, True), (24, False)):
        (tmp_path / f"checkpoint-{step}").mkdir()
        if whole:
            (tmp_path / f"checkpoint-{step}" / "complete").touch()
    assert last_complete(tmp_path) == tmp_path / "checkpoint-16"
    assert not (tmp_path / "checkpoint-24").exists()
    assert last_complete(tmp_path / "absent") is None


def test_other_settings_or_other_data_are_another_checkpoint(tmp_path):
    (tmp_path / "a").write_text("1")
    (tmp_path / "b").write_text("2")
    one = checkpoint_folder([SCHEDULE], [tmp_path / "a"], [])
    assert one == checkpoint_folder([SCHEDULE], [tmp_path / "a"], [])
    (tmp_path / "a").write_text("3")
    assert one != checkpoint_folder([SCHEDULE], [tmp_path / "a"], [])
    assert checkpoint_folder([SCHEDULE], [tmp_path / "b"], []) != checkpoint_folder([1], [tmp_path / "b"], [])


def test_other_code_is_another_checkpoint_however_far_away_it_is_imported(monkeypatch):
    one = checkpoint_folder([], [], ["slim.subsets.recovery"])
    read = Path.open

    def changed(path, *how, **options):
        return io.BytesIO(b"2") if (path, *how) == (ROOT / changes, "rb") else read(path, *how, **options)

    monkeypatch.setattr(Path, "open", changed)
    changes = "slim/subsets/shapley.py"
    assert one == checkpoint_folder([], [], ["slim.subsets.recovery"])
    changes = "slim/training/losses/cross_entropy.py"
    assert one != checkpoint_folder([], [], ["slim.subsets.recovery"])
