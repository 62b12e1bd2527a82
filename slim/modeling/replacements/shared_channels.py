"""A matrix whose rows or columns are a few shared ones, plus a correction of low rank (SWSC, arXiv:2501.08631)."""

from typing import Any, Literal

import torch
from torch import Tensor, nn

from slim.modeling.replacements.low_rank_linear import sizes


class SharedChannels(nn.Module):
    """x -> W x + bias with W = centroids[labels] (of inputs: centroids[:, labels]) + wide narrow, which is never made.

    `shared_labels`: which centroid each output, or each input, has.
    """

    def __init__(
        self, outputs: int, inputs: int, clusters: int, rank: int, axis: Literal["outputs", "inputs"], *, bias: bool
    ) -> None:
        super().__init__()
        self.axis, self.clusters = axis, clusters
        of_outputs = axis == "outputs"
        self.centroids = nn.Linear(inputs if of_outputs else clusters, clusters if of_outputs else outputs, bias=False)
        kind = torch.uint8 if clusters <= 256 else torch.int16
        self.register_buffer("shared_labels", torch.zeros(outputs if of_outputs else inputs, dtype=kind))
        self.narrow = nn.Linear(inputs, rank, bias=False) if rank else None
        self.wide = nn.Linear(rank, outputs, bias=False) if rank else None
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None

    @property
    def labels(self) -> Tensor:
        """[outputs] or [inputs], int64."""
        stored: Any = self.shared_labels
        return stored.long()

    @property
    def weight(self) -> Tensor:
        """[outputs, inputs]: the matrix that all parts make."""
        shared = self.centroids.weight
        whole = shared[self.labels] if self.axis == "outputs" else shared[:, self.labels]
        return whole if self.narrow is None or self.wide is None else whole + self.wide.weight @ self.narrow.weight

    def forward(self, x: Tensor) -> Tensor:
        """[..., outputs] for x [..., inputs]: each shared row is multiplied once, or inputs that share are added."""
        if self.axis == "outputs":
            out = self.centroids(x)[..., self.labels]
        else:
            added = x.new_zeros(*x.shape[:-1], self.clusters).index_add(-1, self.labels, x)
            out = self.centroids(added)
        if self.narrow is not None and self.wide is not None:
            out = out + self.wide(self.narrow(x))
        return out if self.bias is None else out + self.bias


def shared_channels(
    module: nn.Module, *, clusters: int, rank: int, axis: Literal["outputs", "inputs"]
) -> SharedChannels:
    """In place of a linear layer, or of a Conv1D of GPT-2."""
    outputs, inputs = sizes(module)
    return SharedChannels(outputs, inputs, clusters, rank, axis, bias=module.bias is not None)
