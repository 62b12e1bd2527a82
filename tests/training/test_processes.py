"""Several processes train one model together: it ends as if one had trained it.

The tolerance is 1e-5, of weights around 0.3: sums over parts of a batch, and attention over rows padded less far,
round otherwise in float32, and a few dozen steps of Adam carry that on (2e-7 was seen). Dropout is off, since every
process drops units of its own. Key biases are left out: attention does not depend on them, so their gradients are
rounding errors, which Adam makes full steps of.
"""

import subprocess
import sys
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import slim.training.trainer
from slim.modeling import device
from slim.modeling.splits import Split
from slim.training.cross_entropy import UNLABELLED
from slim.training.objective import DistillationObjective
from slim.training.trainer import LengthGroupedBatches, Schedule, train_classifier
from slim.utils.registry import names
from tests import pico
from tests.imports import ROOT

TOLERANCE = 1e-5
SCHEDULE = Schedule(epochs=4, batch_size=20, learning_rate=1e-3, warmup=0.1, weight_decay=0.01, seed=0)

PROGRAM = """
import sys, torch
import slim.training.trainer
from slim.modeling.device import start
from tests.training.test_processes import trained
start(1, "fp32", 0)
slim.training.trainer.SAVE_EVERY_SECONDS = 0.0
try:
    trained("work", stop=10)
except KeyboardInterrupt:
    slim.training.trainer.SAVE_EVERY_SECONDS = 1000.0
model, accuracies = trained("work")
print("SAVED", accuracies, flush=True)
torch.save(model.state_dict(), sys.argv[1])
"""
"""Interrupted in its second epoch of 7 steps, then resumed."""


def trained(work: str | Path, stop: int | None = None) -> tuple[Any, list[float]]:
    """A pico model that learned from labels and a teacher, and its accuracy after every epoch.

    123 texts, so that the last of an epoch's batches cannot be halved; a third of them without a label. With `stop`
    it is interrupted before that step.
    """
    device.set_seed(0)
    model, texts, taken = pico.classifier(classes=2), pico.learnable(123, 0), []
    for module in model.model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    weights = dict.fromkeys(names("training/losses"), 1.0)
    mixed = DistillationObjective(2.0, 0.5, weights, (0, 1, 2), pico.model(classes=2, seed=5))

    def objective(student, batch):
        taken.append(1)
        if len(taken) == stop:
            raise KeyboardInterrupt
        return mixed(student, batch)

    training = Split(texts.inputs, np.where(np.arange(123) % 3 == 0, UNLABELLED, texts.labels))
    logits = np.random.default_rng(0).normal(size=(123, 2)).astype(np.float32)
    log = train_classifier(model, training, pico.learnable(64, 1), SCHEDULE, work, objective, teacher=logits)
    return model.model, [epoch["eval_accuracy"] for epoch in log]


def test_two_processes_interrupted_and_resumed_end_where_one_ends(tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM)
    launched = subprocess.run(
        [
            sys.executable,
            "-m",
            "torch.distributed.run",
            "--standalone",
            "--nproc-per-node",
            "2",
            "program.py",
            "two.pt",
        ],
        cwd=tmp_path,
        env={"PATH": "", "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert launched.returncode == 0, launched.stderr
    assert launched.stdout.count("resuming from work/checkpoint-9") == 1
    assert not (tmp_path / "work").exists()
    alone, accuracies = trained(tmp_path / "alone")
    assert [f"SAVED {accuracies}"] == [line for line in launched.stdout.splitlines() if "SAVED" in line]
    together = torch.load(tmp_path / "two.pt", weights_only=True)
    assert set(together) == set(alone.state_dict())
    for name, weights in alone.state_dict().items():
        if not name.endswith("key.bias"):
            torch.testing.assert_close(together[name], weights, rtol=0, atol=TOLERANCE)


def test_a_batch_that_does_not_divide_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(slim.training.trainer, "processes", lambda: 2)
    texts = pico.learnable(60, 0)
    with pytest.raises(ValueError, match="batches of 21 texts cannot be split over 2 processes: choose a batch_size"):
        train_classifier(pico.classifier(classes=2), texts, None, replace(SCHEDULE, batch_size=21), tmp_path / "work")


@pytest.mark.parametrize("count", [123, 120, 3, 1])
def test_batches_are_the_same_at_any_number_of_processes(count, monkeypatch):
    def parts(epoch: int, rank: int, processes: int) -> list[list[int]]:
        monkeypatch.setattr("slim.training.trainer.process_rank", lambda: rank)
        monkeypatch.setattr("slim.training.trainer.processes", lambda: processes)
        torch.manual_seed(0)
        result = LengthGroupedBatches(np.arange(count) % 7, 20, 0, lambda: epoch * -(-count // 20))
        assert len(result) == -(-count // 20)
        return list(result)

    for epoch in (0, 1, 2):
        whole = parts(epoch, 0, 1)
        assert sorted(chain(*whole)) == list(range(count))
        for batch, *split in zip(whole, *(parts(epoch, rank, 4) for rank in range(4)), strict=True):
            assert all(split) and set(chain(*split)) == set(batch)
            assert len(batch) < 4 or sum(map(len, split)) == len(batch)
    assert count < 20 or parts(1, 0, 1) != parts(2, 0, 1)


@pytest.mark.parametrize("way", ["FSDP", "DEEPSPEED", "MEGATRON_LM"])
def test_a_launcher_that_splits_the_model_is_refused(way, monkeypatch):
    monkeypatch.setenv(f"ACCELERATE_USE_{way}", "true")
    with pytest.raises(ValueError, match=f"launcher: {way} splits the model") as refusal:
        device.start(1, "fp32", 0)
    assert "\n" not in str(refusal.value)
