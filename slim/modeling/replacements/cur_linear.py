"""A matrix as chosen rows, a core and chosen columns (arXiv:2501.04211); only the core is trained."""

from torch import Tensor, nn

from slim.modeling.replacements.low_rank_linear import sizes


class CurLinear(nn.Module):
    """x -> C (U (R x)) + bias."""

    def __init__(self, outputs: int, inputs: int, rank: int, *, bias: bool) -> None:
        super().__init__()
        self.rows = nn.Linear(inputs, rank, bias=False)
        self.core = nn.Linear(rank, rank, bias=False)
        self.columns = nn.Linear(rank, outputs, bias=bias)
        self.freeze()

    def freeze(self) -> None:
        """No optimizer moves rows and columns; loading a model forgets that."""
        self.rows.weight.requires_grad_(False)
        self.columns.weight.requires_grad_(False)

    @property
    def weight(self) -> Tensor:
        """[outputs, inputs]: the matrix that the three make."""
        return self.columns.weight @ self.core.weight @ self.rows.weight

    @property
    def bias(self) -> Tensor | None:
        """[outputs]"""
        return self.columns.bias

    def forward(self, x: Tensor) -> Tensor:
        """[..., outputs] for x [..., inputs]."""
        out: Tensor = self.columns(self.core(self.rows(x)))
        return out


def cur_linear(module: nn.Module, *, rank: int) -> CurLinear:
    """In place of a linear layer, or of a Conv1D of GPT-2."""
    outputs, inputs = sizes(module)
    return CurLinear(outputs, inputs, rank, bias=module.bias is not None)
