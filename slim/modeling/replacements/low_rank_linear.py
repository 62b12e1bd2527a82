"""A matrix as the product of two narrow ones."""

from torch import Tensor, nn
from transformers.pytorch_utils import Conv1D


class LowRankLinear(nn.Module):
    """x -> B (A x) + bias."""

    def __init__(self, outputs: int, inputs: int, rank: int, *, bias: bool) -> None:
        super().__init__()
        self.narrow = nn.Linear(inputs, rank, bias=False)
        self.wide = nn.Linear(rank, outputs, bias=bias)

    @property
    def weight(self) -> Tensor:
        """[outputs, inputs]: the matrix that the two make."""
        return self.wide.weight @ self.narrow.weight

    @property
    def bias(self) -> Tensor | None:
        """[outputs]"""
        return self.wide.bias

    def forward(self, x: Tensor) -> Tensor:
        """[..., outputs] for x [..., inputs]."""
        out: Tensor = self.wide(self.narrow(x))
        return out


def low_rank_linear(module: nn.Module, *, rank: int) -> LowRankLinear:
    """In place of a linear layer, or of a Conv1D of GPT-2."""
    outputs, inputs = sizes(module)
    return LowRankLinear(outputs, inputs, rank, bias=module.bias is not None)


def sizes(module: nn.Module) -> tuple[int, int]:
    """(outputs, inputs) of a linear layer, or of a Conv1D of GPT-2."""
    weight = module.weight
    assert isinstance(weight, Tensor)
    rows, columns = weight.shape
    return (columns, rows) if isinstance(module, Conv1D) else (rows, columns)
