"""A matrix whose weights are numbers of a few bits, packed into bytes, between the ends of their block."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from slim.modeling.replacements.low_rank_linear import sizes


class RoundedLinear(nn.Module):
    """x -> W x + bias with W = low + step * code; `low` and `step` of a block of a row are trained, codes are not."""

    def __init__(self, outputs: int, inputs: int, bits: int, block_size: int, *, bias: bool) -> None:
        super().__init__()
        self.bits, self.inputs = bits, inputs
        blocks = -(-inputs // block_size)
        self.low, self.step = (nn.Parameter(torch.zeros(outputs, blocks, 1)) for _ in range(2))
        self.shape = (outputs, blocks, block_size)
        octets = -(-outputs * blocks * block_size * bits // 8)
        self.register_buffer("packed_codes", torch.zeros(octets, dtype=torch.uint8))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None

    @property
    def weight(self) -> Tensor:
        """[outputs, inputs]: the matrix that codes and blocks make."""
        packed: Any = self.packed_codes
        whole = self.low + self.step * unpacked(packed, self.bits, self.shape).to(self.low.dtype)
        return whole.flatten(1)[:, : self.inputs]

    def as_linear(self) -> nn.Linear:
        """A linear layer that computes the same."""
        made = nn.Linear(self.inputs, self.shape[0], bias=self.bias is not None)
        made.load_state_dict({"weight": self.weight} | ({} if self.bias is None else {"bias": self.bias}))
        return made

    def forward(self, x: Tensor) -> Tensor:
        """[..., outputs] for x [..., inputs]."""
        return linear(x, self.weight, self.bias)


def rounded_linear(module: nn.Module, *, bits: int, block_size: int) -> RoundedLinear:
    """In place of a linear layer, or of a Conv1D of GPT-2."""
    outputs, inputs = sizes(module)
    return RoundedLinear(outputs, inputs, bits, block_size, bias=module.bias is not None)


def packed(codes: Tensor, bits: int) -> Tensor:
    """[bytes], uint8: whole numbers of so many bits, the lowest bit of each first, without gaps."""
    each = codes.flatten().to(torch.uint8)[:, None] >> torch.arange(bits, dtype=torch.uint8, device=codes.device) & 1
    flat = each.flatten()
    octets = nn.functional.pad(flat, (0, -len(flat) % 8)).view(-1, 8)
    return (octets << torch.arange(8, dtype=torch.uint8, device=codes.device)).sum(1).to(torch.uint8)


def unpacked(octets: Tensor, bits: int, shape: tuple[int, ...]) -> Tensor:
    """What `packed` packed, int32, in a shape."""
    each = octets.to(torch.int32)[:, None] >> torch.arange(8, dtype=torch.int32, device=octets.device) & 1
    count = int(torch.Size(shape).numel())
    codes = each.flatten()[: count * bits].view(count, bits)
    return (codes << torch.arange(bits, dtype=torch.int32, device=octets.device)).sum(1).view(shape)
