"""Where and how arithmetic runs: device, threads, precision, seeds, and the processes that train together."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from accelerate import PartialState
from accelerate.state import AcceleratorState
from torch import Tensor, distributed
from transformers import set_seed

Precision = Literal["auto", "fp32", "bf16"]

SPLITTING = ("FSDP", "DEEPSPEED", "MEGATRON_LM")
"""Accelerate's names for keeping a part of the model in each process."""


@dataclass(frozen=True)
class Runtime:
    """A device and the number format of its matrix products."""

    device: torch.device
    bf16: bool
    """bfloat16 autocast: products in bfloat16, sums, norms and parameters in float32."""

    def autocast(self) -> torch.autocast:
        """A context in which forward passes use this precision."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16)

    def to_device(self, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The tensors of a batch, on the device."""
        return {name: tensor.to(self.device) for name, tensor in batch.items()}

    @property
    def precision(self) -> str:
        """The number format in words: bf16 or fp32."""
        return "bf16" if self.bf16 else "fp32"


def fast_bf16(device: torch.device) -> bool:
    """Whether the device multiplies bfloat16 matrices in hardware, so that autocast is faster than float32."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    capabilities = torch.cpu.get_capabilities() if device.type == "cpu" else {}
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


def start(threads: int, precision: Precision, seed: int) -> Runtime:
    """Fix threads, seeds and deterministic algorithms, and choose device and precision.

    The thread count, that of each process, is fixed because sums in another order give other last bits, and so other
    files. Where a launcher (torchrun, accelerate) started several processes they meet here, each with a device of
    its own: NCCL between GPUs, gloo between CPUs. Raises ValueError where the launcher would split the model.
    """
    for way in SPLITTING:
        if os.environ.get(f"ACCELERATE_USE_{way}", "").lower() in ("true", "1"):
            raise ValueError(f"launcher: {way} splits the model, whose layers are then not whole: launch without it")
    torch.set_num_threads(threads)
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        PartialState(cpu=not torch.cuda.is_available())  # "cuda" is from here on this process's own GPU
    set_seed(seed)
    torch.use_deterministic_algorithms(True, warn_only=True)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return Runtime(device, precision == "bf16" or (precision == "auto" and fast_bf16(device)))


def processes() -> int:
    """How many processes train together."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


def process_rank() -> int:
    """The number of this process, from 0; only the first, 0, prints and writes."""
    return distributed.get_rank() if distributed.is_initialized() else 0


def process_weight(amount: Tensor) -> Tensor | float:
    """The weight of this process's mean in the mean over all processes: 1 if all have the same amount.

    `amount` is the divisor of the mean: rows, tokens, a sum of weights. The mean over processes of
    `mean * process_weight` is the mean over the whole batch, and so are its gradients, however it was split.
    """
    if processes() == 1:
        return 1.0
    mine = amount.detach().double()
    total = mine.clone()
    distributed.all_reduce(total)
    return (processes() * mine / total.clamp(min=torch.finfo(total.dtype).tiny)).float()


def broadcast(number: int) -> int:
    """The first process's number, in all processes; all of them must call this."""
    if processes() == 1:
        return number
    shared = torch.tensor(number, device=PartialState().device)
    distributed.broadcast(shared, src=0)
    return int(shared.item())


def wait_for_all() -> None:
    """Return when all processes have called this."""
    if processes() > 1:
        PartialState().wait_for_everyone()


def keep_first_process() -> None:
    """End all processes but the first, with success; the first continues alone."""
    if processes() == 1:
        return
    mine = process_rank()
    wait_for_all()
    distributed.destroy_process_group()
    if mine > 0:
        sys.exit(0)
    for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE"):
        os.environ.pop(name, None)
    AcceleratorState._reset_state(reset_partial_state=True)
