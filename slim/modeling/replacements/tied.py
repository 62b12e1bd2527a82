"""A module that is another one of the same model: one set of weights in two places."""

from typing import Any

from torch import Tensor, nn


class Tied(nn.Module):
    """Computes what the other does; has no tensors of its own, so that a file holds them once."""

    def __init__(self, other: nn.Module) -> None:
        super().__init__()
        self.others = [other]  # in a list, so that its weights are not taken for parts of this module

    @property
    def weight(self) -> Tensor | nn.Module:
        """That of the other."""
        return self.others[0].weight

    @property
    def bias(self) -> Any:
        """That of the other."""
        return self.others[0].bias

    def forward(self, x: Tensor) -> Tensor:
        """What the other gives for x."""
        out: Tensor = self.others[0](x)
        return out


def tied(_: nn.Module, *, to: nn.Module) -> Tied:
    """In place of a module: another of the same model."""
    return Tied(to)
