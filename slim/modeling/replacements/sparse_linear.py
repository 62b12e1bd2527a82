"""A matrix of which only the weights that are not zero are saved."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from slim.modeling.replacements.low_rank_linear import sizes
from slim.modeling.replacements.rounded_linear import unpacked


class SparseLinear(nn.Module):
    """x -> W x + bias; `values` are what stays of W, row after row, and a bit of `packed_mask` says where.

    Products are those of the whole matrix: smaller on disk, no faster. Training moves the values, zeros stay.
    """

    def __init__(self, outputs: int, inputs: int, kept: int, *, bias: bool) -> None:
        super().__init__()
        self.shape = (outputs, inputs)
        self.values = nn.Parameter(torch.zeros(kept))
        self.register_buffer("packed_mask", torch.zeros(-(-outputs * inputs // 8), dtype=torch.uint8))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None

    @property
    def weight(self) -> Tensor:
        """[outputs, inputs], zeros among them."""
        packed: Any = self.packed_mask
        mask = unpacked(packed, 1, self.shape).bool()
        return self.values.new_zeros(self.shape).masked_scatter(mask, self.values)

    def as_linear(self) -> nn.Linear:
        """A linear layer that computes the same."""
        made = nn.Linear(self.shape[1], self.shape[0], bias=self.bias is not None)
        made.load_state_dict({"weight": self.weight} | ({} if self.bias is None else {"bias": self.bias}))
        return made

    def forward(self, x: Tensor) -> Tensor:
        """[..., outputs] for x [..., inputs]."""
        return linear(x, self.weight, self.bias)


def sparse_linear(module: nn.Module, *, kept: int) -> SparseLinear:
    """In place of a linear layer, or of a Conv1D of GPT-2: so many of its weights."""
    outputs, inputs = sizes(module)
    return SparseLinear(outputs, inputs, kept, bias=module.bias is not None)
