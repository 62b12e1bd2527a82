"""Several processes share the training of one model: it ends as if one had trained it.

The tolerance is 1e-5, of weights around 0.3: sums over parts of a batch, and attention over rows padded less far,
round otherwise in float32, and a few dozen steps of Adam carry that on (2e-7 was seen). Dropout is off, since every
process drops units of its own. Key biases are left out: attention does not depend on them, so their gradients are
rounding errors, which Adam makes full steps of.
"""

import os
import subprocess
import time
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest
import torch
import yaml
from safetensors.torch import load_file

from slim.modeling import device as runtime
from slim.modeling.splits import Split
from slim.training.losses.cross_entropy import UNLABELLED
from slim.training.trainer import LengthGroupedBatches
from slim.utils.code_hash import ROOT
from slim.utils.io import read_arrays, write_json
from tests import pico
from tests.test_training import learnable
from tests.warm import COLD

TWO = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
TOLERANCE = 1e-5

PROGRAM = """
import sys
from dataclasses import replace
import numpy as np, torch
import slim.training.trainer
from slim.training.losses.distillation import Distillation
from slim.modeling.device import start
from tests import pico
from tests.test_processes import taught_texts
from tests.test_training import SCHEDULE, learnable
slim.training.trainer.SAVE_EVERY_SECONDS = float(sys.argv[2])
start(1, "fp32", 0)
model = pico.classifier(classes=2)
for module in model.model.modules():
    if isinstance(module, torch.nn.Dropout):
        module.p = 0.0
teacher = pico.model(classes=2, seed=5)
logits = np.random.default_rng(0).normal(size=(123, 2)).astype(np.float32)
schedule = replace(SCHEDULE, epochs=4, batch_size=int(sys.argv[3]), learning_rate=1e-3)
objective = Distillation(2.0, 0.5, 1.0, 1.0, (0, 1, 2), teacher)
log = slim.training.trainer.train_classifier(
    model, taught_texts(), learnable(64, 1), schedule, "work", objective, teacher=logits
)
torch.save(model.model.state_dict(), sys.argv[1])
print("SAVED", [entry["eval_accuracy"] for entry in log], flush=True)
"""


def taught_texts() -> Split:
    """123 texts, so that the last of an epoch's batches cannot be halved; a third of them without a label."""
    texts = learnable(123, 0)
    return Split(texts.inputs, np.where(np.arange(123) % 3 == 0, UNLABELLED, texts.labels))


def start(folder: Path, *words: str, launcher: list[str] = TWO, path: str = COLD) -> subprocess.Popen:
    folder.mkdir(exist_ok=True)
    return subprocess.Popen(
        ["python", *launcher, *words],
        cwd=folder,
        env={
            **os.environ,
            "PATH": path,
            "PYTHONPATH": str(ROOT),
            "OMP_NUM_THREADS": "1",
            "TOKENIZERS_PARALLELISM": "false",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen) -> tuple[int, str, str]:
    said, complained = process.communicate(timeout=600)
    return process.returncode, said, complained


def assert_same(one: dict[str, torch.Tensor], two: dict[str, torch.Tensor]) -> None:
    assert set(one) == set(two)
    for name, weights in one.items():
        if not name.endswith("key.bias"):
            torch.testing.assert_close(two[name], weights, rtol=0, atol=TOLERANCE)


@pytest.fixture(scope="module")
def program(tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("program") / "program.py"
    path.write_text(PROGRAM)
    return str(path)


def test_two_processes_killed_and_resumed_end_where_one_ends(program, tmp_path, warm):
    alone = start(tmp_path / "alone", program, "weights.pt", "1000", "20", launcher=[], path=warm)
    broken = start(tmp_path / "two", program, "weights.pt", "0", "20")
    deadline = time.monotonic() + 300
    while not _past(tmp_path / "two", step=9):  # in the second epoch of 7 steps
        assert broken.poll() is None and time.monotonic() < deadline, "ended before its second epoch"
        time.sleep(0.01)
    for process in [psutil.Process(broken.pid), *psutil.Process(broken.pid).children(recursive=True)]:
        process.kill()
    broken.communicate()
    assert not (tmp_path / "two" / "weights.pt").exists()
    code, said, complained = ended(start(tmp_path / "two", program, "weights.pt", "1000", "20", path=warm))
    assert code == 0, complained
    assert said.count("resuming from") == said.count("SAVED") == 1  # only the first process speaks and goes on
    assert complained.count(" 0/28 [") == 1 and not list((tmp_path / "two").glob("work/checkpoint-*"))
    code, spoken, complained = ended(alone)
    assert code == 0, complained
    assert spoken.splitlines()[-1] == said.splitlines()[-1]  # the accuracy of every epoch
    weights = [torch.load(tmp_path / name / "weights.pt", weights_only=True) for name in ("alone", "two")]
    assert_same(*weights)


def test_a_batch_that_does_not_divide_is_refused_and_the_launch_fails(program, tmp_path, warm):
    code, _, complained = ended(start(tmp_path, program, "weights.pt", "1000", "21", path=warm))
    assert code != 0 and not (tmp_path / "weights.pt").exists()
    assert "batches of 21 texts cannot be shared by 2 processes: choose a batch_size that they divide" in complained


def test_a_launched_stage_writes_what_one_process_writes(tmp_path, warm):
    params = yaml.safe_load((ROOT / "params.yaml").read_text())
    params["runtime"] |= {"threads": 1, "precision": "fp32", "max_tokens": 16}
    params["finetune"] |= {"epochs": 2, "min_steps": 0, "batch_size": 20, "learning_rate": 1e-3}
    model = pico.model(classes=2)
    model.config.hidden_dropout_prob = model.config.attention_probs_dropout_prob = 0.0
    names = ("one", "two")
    for name in names:
        data = tmp_path / name / "data/datasets/library"
        write_json({"labels": ["a", "b"]}, data / "card.json")
        for seed, split in enumerate(("train", "validation", "unlabelled")):
            texts = learnable(123, seed)
            pd.DataFrame({"text": texts.inputs, "label": texts.labels}).to_parquet(data / f"{split}.parquet")
        pico.classifier().with_model(model).save(tmp_path / name / "models/base", pico.texts())
        (tmp_path / name / "params.yaml").write_text(yaml.safe_dump(params))
    words = ["-m", "stages.finetune", "movie_reviews", "0"]
    one, two = tmp_path / "one", tmp_path / "two"
    for process in (start(one, *words, launcher=[], path=warm), start(two, *words)):
        code, _, complained = ended(process)
        assert code == 0, complained
    one, two = (load_file(tmp_path / name / "models/teacher/library/0/model.safetensors") for name in names)
    assert_same(one, two)
    one, two = (read_arrays(tmp_path / name / "data/logits/library/0.npz") for name in names)
    for key in one:
        np.testing.assert_allclose(two[key], one[key], rtol=0, atol=1e-4)


@pytest.mark.parametrize("count", [123, 120, 3, 1])
def test_fractions_are_the_same_batches_at_any_number_of_processes(count, monkeypatch):
    def shares(epoch: int, rank: int, processes: int) -> list[list[int]]:
        monkeypatch.setattr("slim.training.trainer.rank", lambda: rank)
        monkeypatch.setattr("slim.training.trainer.processes", lambda: processes)
        torch.manual_seed(0)
        found = LengthGroupedBatches(np.arange(count) % 7, 20, 0, lambda: epoch * -(-count // 20))
        assert len(found) == -(-count // 20)
        return list(found)

    for epoch in (0, 1, 2):
        whole = shares(epoch, 0, 1)
        assert sorted(chain(*whole)) == list(range(count))
        for batch, *split in zip(whole, *(shares(epoch, rank, 4) for rank in range(4)), strict=True):
            assert all(split) and set(chain(*split)) == set(batch)
            assert len(batch) < 4 or sum(map(len, split)) == len(batch)
    assert count < 20 or shares(1, 0, 1) != shares(2, 0, 1)


def _past(folder: Path, step: int) -> bool:
    found = [path.parent.name for path in folder.glob("work/checkpoint-*/complete")]
    return any(int(name.removeprefix("checkpoint-")) > step for name in found)


@pytest.mark.parametrize("way", ["FSDP", "DEEPSPEED", "MEGATRON_LM"])
def test_a_launcher_that_splits_the_model_is_refused(way, monkeypatch):
    monkeypatch.setenv(f"ACCELERATE_USE_{way}", "true")
    with pytest.raises(ValueError, match=f"launcher: {way} splits the model") as refusal:
        runtime.start(1, "fp32", 0)
    assert "\n" not in str(refusal.value)
