"""Which weights of a matrix stay: the highest of the matrix, of every row, or two of every four in a row."""

from typing import Literal

import torch
from torch import Tensor

Pattern = Literal["matrix", "row", "2_of_4"]
"""Among which weights a score is compared."""


def kept_mask(scores: Tensor, sparsity: float, pattern: Pattern) -> Tensor:
    """[outputs, inputs], bool: the weights with the highest scores, all but the fraction `sparsity` of them.

    2_of_4 leaves two of each four neighbours in a row, whatever `sparsity` says; of fewer at the end, at most two.
    Equal scores: the first stays.
    """
    if pattern == "2_of_4":
        rows, columns = scores.shape
        fours = torch.nn.functional.pad(scores, (0, -columns % 4), value=-torch.inf).view(rows, -1, 4)
        return _highest(fours, 2).view(rows, -1)[:, :columns]
    grouped = scores if pattern == "row" else scores.reshape(1, -1)
    return _highest(grouped, round((1 - sparsity) * grouped.shape[-1])).view(scores.shape)


def _highest(scores: Tensor, count: int) -> Tensor:
    """bool: in each row of the last dimension, the `count` highest."""
    order = scores.argsort(dim=-1, descending=True, stable=True)
    return torch.zeros_like(scores, dtype=torch.bool).scatter(-1, order[..., :count], True)
