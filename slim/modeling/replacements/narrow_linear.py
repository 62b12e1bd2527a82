"""A matrix without some of its rows and columns."""

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from slim.modeling.replacements.low_rank_linear import sizes


class NarrowLinear(nn.Module):
    """x -> W x + bias, where rows and columns of W that are left out count as zeros, or are not expected at all.

    `kept_inputs`: which of the inputs are read; absent where no others come. `kept_places`: for each output, which row
    makes it, or the number of rows where it is zero; absent where no others are asked for.
    """

    def __init__(self, outputs: int, inputs: int, all_outputs: int | None, pick: bool, *, bias: bool) -> None:
        super().__init__()
        self.narrow = nn.Linear(inputs, outputs, bias=bias)
        self.all_outputs, self.pick = all_outputs, pick
        if pick:
            self.register_buffer("kept_inputs", torch.zeros(inputs, dtype=torch.int16))
        if all_outputs:
            self.register_buffer("kept_places", torch.zeros(all_outputs, dtype=torch.int16))

    def _indices(self, name: str) -> Tensor:
        stored: Tensor = getattr(self, name)
        return stored.long()

    def _spread(self, rows: Tensor) -> Tensor:
        """[..., rows] -> [..., outputs], with zeros where there is no row."""
        return pad(rows, (0, 1))[..., self._indices("kept_places")] if self.all_outputs else rows

    @property
    def weight(self) -> Tensor:
        """[outputs, inputs], with zeros for what is left out; of inputs that still come no more than are read."""
        # A copy, since the classes of some families draw `weight` anew when a model is loaded.
        return self._spread(self.narrow.weight.T).T.clone()

    @property
    def bias(self) -> Tensor | None:
        """[outputs]"""
        return None if self.narrow.bias is None else self._spread(self.narrow.bias)

    def forward(self, x: Tensor) -> Tensor:
        """[..., outputs] for x [..., inputs]."""
        return self._spread(self.narrow(x[..., self._indices("kept_inputs")] if self.pick else x))


def narrow_linear(
    module: nn.Module, *, outputs: int, inputs: int, spread: bool = False, pick: bool = False
) -> NarrowLinear:
    """In place of a linear layer, or of a Conv1D of GPT-2: so many of its rows and columns.

    `spread`: others expect as many outputs as before; `pick`: they give as many inputs as before.
    """
    all_outputs, _ = sizes(module)
    return NarrowLinear(outputs, inputs, all_outputs if spread else None, pick, bias=module.bias is not None)
