"""Quantization-aware training: forward and backward see rounded weights, the optimizer moves the exact ones."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.optimizer import register_optimizer_step_pre_hook
from transformers.pytorch_utils import Conv1D

from slim.modeling.architecture import Model

LEVELS = 8
"""Of four bits: -8 to 7 times a scale."""


@contextmanager
def rounded_weights(model: Model, block_size: int) -> Iterator[None]:
    """While this lasts, every training pass of a model sees its matrices and tables in 4 bits, as `quantize` has them.

    A gradient at the rounded weights is applied to the exact ones (straight-through, arXiv:1712.05877), which the
    model holds again before each step of an optimizer and after the block; checkpoints hold no others. Biases and
    norms are not rounded.
    """
    parts = [part for part in model.modules() if isinstance(part, nn.Linear | nn.Embedding | Conv1D)]
    weights = [part.weight for part in parts]
    exact: list[Tensor] = []

    def round_all(module: nn.Module, _: Any) -> None:
        if module.training and not exact:
            exact.extend(weight.detach().clone() for weight in weights)
            for part in parts:
                part.weight.data.copy_(_rounded(part, block_size))

    def restore(*_: Any) -> None:
        for weight, value in zip(weights, exact, strict=False):
            weight.data.copy_(value)
        exact.clear()

    hooks = [model.register_forward_pre_hook(round_all), register_optimizer_step_pre_hook(restore)]
    try:
        yield
    finally:
        restore()
        for hook in hooks:
            hook.remove()


def _rounded(part: nn.Linear | nn.Embedding | Conv1D, block_size: int) -> Tensor:
    """The weight of a layer, every output's rounded by itself; GPT-2 has them as columns."""
    weight = part.weight.detach()
    return rounded(weight.T, block_size).T if isinstance(part, Conv1D) else rounded(weight, block_size)


def rounded(weight: Tensor, block_size: int) -> Tensor:
    """[rows, columns]: the nearest of -8 to 7 times a scale, which the weights of a block of a row share.

    The symmetric scheme of ONNX Runtime: the scale is the value of largest magnitude, with its sign, over -8. The last
    block of a row may be shorter.
    """
    rows, columns = weight.shape
    blocks = nn.functional.pad(weight, (0, -columns % block_size)).view(rows, -1, block_size)
    high, low = blocks.amax(-1, keepdim=True), blocks.amin(-1, keepdim=True)
    scale = torch.where(high > -low, high, low) / -LEVELS
    steps = (blocks / torch.where(scale == 0, 1, scale)).round_().clamp_(-LEVELS, LEVELS - 1)
    return (steps * scale).view(rows, -1)[:, :columns]
