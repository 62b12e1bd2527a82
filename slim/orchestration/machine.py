"""What this machine has, and how fast it runs a model: a few seconds of steps on random weights."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.utils.benchmark import Timer
from transformers import AutoConfig, PreTrainedConfig

from slim.download.encoders import random as random_weights
from slim.download.encoders.hub import model_snapshot
from slim.download.encoders.packaged import model_folder
from slim.modeling.device import Runtime
from slim.modeling.transformer import from_config
from slim.orchestration.workload import LOADING, ModelSize, Work

FEW, MORE = 1, 3
"""The layers of the two models from whose difference the time of one layer is read."""

SECONDS = 1.0
"""How long each of four kinds of passes is repeated."""


STAGE_SECONDS = 0.1
"""What DVC adds to every stage that runs (DVC 3.67)."""

LOCK_SECONDS = 0.0036
"""What an entry of dvc.lock adds to every stage that runs, since DVC reads and writes the whole file."""


@dataclass(frozen=True)
class Speed:
    """Seconds on one machine."""

    train_text: float
    """Of one text forward and backward, its layers apart."""
    train_layer: float
    """Of one text through one layer, forward and backward."""
    read_text: float
    """Of one text forward, its layers apart."""
    read_layer: float
    """Of one text through one layer, forward."""
    process: float
    """To start one that loads no model, DVC's part apart."""
    model_process: float
    """To start one that does."""

    def seconds(self, work: Work) -> float:
        """How long some work takes, starting processes apart."""
        trained = work.trained * self.train_text + work.trained_layers * self.train_layer
        return trained + work.read * self.read_text + work.read_layers * self.read_layer

    def starting(self, verb: str, running: int, stages: int) -> float:
        """Seconds to start so many stages of a verb, in a pipeline of so many."""
        own = self.model_process if verb in LOADING else self.process
        return running * (own + STAGE_SECONDS + LOCK_SECONDS * stages / 2)


@dataclass(frozen=True)
class Machine:
    """What a run may use."""

    speed: Speed
    memory: int
    """Bytes of the device that models are trained on."""
    disk: int
    """Bytes that this folder may still take."""


def configuration(
    *, source: str, path: str, name: str = "", revision: str | None = None, config: Any = None, **_: Any
) -> Any:
    """The configuration of the encoder that `model` in params.yaml describes, without its weights.

    Of one on the hub, config.json alone is fetched. Raises ValueError when it cannot be had.
    """
    if source == "random":
        return random_weights.configuration(name, config)[0]
    origins = {
        "packaged": lambda: model_folder(name),
        "folder": lambda: Path(path),
        "hub": lambda: model_snapshot(name, str(revision), ["config.json"]),
    }
    origin = origins[source]()
    try:
        return AutoConfig.from_pretrained(origin, local_files_only=True)
    except (OSError, ValueError) as error:
        raise ValueError(f"model: no configuration of {origin}: {str(error).splitlines()[0]}") from error


def model_size(config: PreTrainedConfig) -> ModelSize:
    """The size of a configuration's classifier, whose weights are counted but never allocated."""
    with torch.device("meta"):
        whole, less = (_model(config, layers) for layers in (config.num_hidden_layers, config.num_hidden_layers - 1))
    parameters = sum(p.numel() for p in whole.parameters())
    return ModelSize(
        layers=config.num_hidden_layers,
        hidden=config.hidden_size,
        heads=config.num_attention_heads,
        parameters=parameters,
        layer_parameters=parameters - sum(p.numel() for p in less.parameters()),
    )


def _model(config: PreTrainedConfig, layers: int) -> Any:
    """A classifier of random weights with so many layers, on the device of the context."""
    changed = type(config).from_dict({**config.to_dict(), "num_hidden_layers": layers, "layer_types": None})
    return from_config(changed)


def measure_machine(
    config: PreTrainedConfig, runtime: Runtime, *, train_batch: int, read_batch: int, tokens: int
) -> Machine:
    """This machine, its speed measured."""
    how = {"train_batch": train_batch, "read_batch": read_batch, "tokens": tokens}
    on_device = runtime.device.type == "cuda"
    memory = torch.cuda.mem_get_info()[1] if on_device else os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Machine(measure_speed(config, runtime, **how), int(memory), shutil.disk_usage(".").free)


def measure_speed(
    config: PreTrainedConfig, runtime: Runtime, *, train_batch: int, read_batch: int, tokens: int
) -> Speed:
    """What a text of so many tokens and a layer cost in training and in reading; and a process's start.

    Each time is a straight line through models of one and of three layers; the least of several passes counts, since
    whatever else runs on the machine only adds.
    """
    trained, read = {}, {}
    for layers in (FEW, MORE):
        model = _model(config, layers).to(runtime.device)
        batch = _batch(config, runtime, train_batch, tokens)
        trained[layers] = _training_seconds(model, batch, runtime) / train_batch
        batch = _batch(config, runtime, read_batch, tokens)
        read[layers] = _reading_seconds(model, batch, runtime) / read_batch
    train_text, train_layer = _line(trained)
    read_text, read_layer = _line(read)
    process, model_process = _process("numpy, pydantic, scipy.stats, yaml"), _process("slim.modeling.classifier")
    return Speed(train_text, train_layer, read_text, read_layer, process, model_process)


def _line(times: dict[int, float]) -> tuple[float, float]:
    """Time without a layer, and of one layer; neither below zero."""
    slope = max((times[MORE] - times[FEW]) / (MORE - FEW), 0.0)
    return max(times[FEW] - FEW * slope, 0.0), slope


def _batch(config: PreTrainedConfig, runtime: Runtime, texts: int, tokens: int) -> dict[str, torch.Tensor]:
    if (side := getattr(config, "image_size", None)) is not None:
        return {"pixel_values": torch.zeros(texts, config.num_channels, side, side, device=runtime.device)}
    ids = torch.randint(config.vocab_size, (texts, tokens), device=runtime.device)
    return {"input_ids": ids, "attention_mask": torch.ones_like(ids)}


def _training_seconds(model: nn.Module, batch: dict[str, torch.Tensor], runtime: Runtime) -> float:
    """Seconds of one optimizer step."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-9, fused=True)
    labels = torch.zeros(len(next(iter(batch.values()))), dtype=torch.int64, device=runtime.device)

    def step() -> None:
        with runtime.autocast():
            loss = torch.nn.functional.cross_entropy(model(**batch).logits.float(), labels)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()

    model.train()
    return _least(step)


def _reading_seconds(model: nn.Module, batch: dict[str, torch.Tensor], runtime: Runtime) -> float:
    """Seconds of one forward pass."""

    @torch.no_grad()
    def forward() -> None:
        with runtime.autocast():
            model(**batch)

    model.eval()
    return _least(forward)


def _least(call: Callable[[], None]) -> float:
    """Seconds of the fastest of several calls, after two that warm up."""
    timer = Timer("call()", globals={"call": call}, num_threads=torch.get_num_threads())
    timer.timeit(1)
    repeats = max(2, int(SECONDS / timer.timeit(1).mean))
    return float(min(timer.timeit(1).mean for _ in range(repeats)))


def _process(modules: str) -> float:
    """Seconds to start a process that imports some modules."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", f"import {modules}"], check=True)
    return time.perf_counter() - start
