"""Where and how arithmetic runs: device, threads, precision, seeds."""

from dataclasses import dataclass
from typing import Literal

import torch
from transformers import set_seed

Precision = Literal["auto", "fp32", "bf16"]


@dataclass(frozen=True)
class Runtime:
    """A device and the number format of its matrix products."""

    device: torch.device
    bf16: bool
    """bfloat16 autocast: products in bfloat16, sums, norms and parameters in float32."""

    def autocast(self) -> torch.autocast:
        """A context in which forward passes use this precision."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16)

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

    The thread count is fixed because sums in another order give other last bits, and so other files.
    """
    torch.set_num_threads(threads)
    set_seed(seed)
    torch.use_deterministic_algorithms(True, warn_only=True)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return Runtime(device, precision == "bf16" or (precision == "auto" and fast_bf16(device)))
