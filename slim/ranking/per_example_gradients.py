"""Squared gradient norms of single examples from one batched backward pass (the Gram identity).

For a linear map with inputs a_t and output gradients g_t, one example's weight gradient is sum_t g_t a_t^T, whose
squared norm is sum_{t,t'} (g_t . g_t')(a_t . a_t'): no per-example gradient is ever formed.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import layer_norm
from transformers.pytorch_utils import Conv1D  # a linear map whose weight is stored as [in, out]


def linear_square(inputs: Tensor, gradients: Tensor, bias: bool) -> Tensor:
    """[n]: squared norm of each example's gradient of a linear map; inputs [n, T, in], gradients [n, T, out]."""
    square = ((gradients @ gradients.mT) * (inputs @ inputs.mT)).sum((1, 2))
    return square + gradients.sum(1).square().sum(-1) if bias else square


def norm_square(normalized: Tensor, gradients: Tensor, bias: bool) -> Tensor:
    """[n]: squared norm of each example's gradient of a norm's gain, and bias if any; both arguments [n, T, d]."""
    square = (gradients * normalized).sum(1).square().sum(-1)
    return square + gradients.sum(1).square().sum(-1) if bias else square


class ExampleSquares:
    """Collects, in one backward pass of a summed loss, each example's squared gradient norm over some modules."""

    def __init__(self) -> None:
        self.total: dict[int, Tensor] = {}

    @contextmanager
    def watching(self, stack: nn.ModuleList, norms: Sequence[str] = ()) -> Iterator["ExampleSquares"]:
        """While open, backward passes add to `total[layer]` [n].

        `norms`: the names of classes of norms without a mean, as an Architecture lists them. Raises ValueError for a
        module with parameters that it has no formula for.
        """
        hooks = [
            module.register_forward_hook(self._follow(index, module))
            for index, layer in enumerate(stack)
            for module in _modules_with_parameters(layer, norms)
        ]
        try:
            yield self
        finally:
            for hook in hooks:
                hook.remove()

    def _follow(self, index: int, module: nn.Module):  # type: ignore[no-untyped-def]
        def forward_hook(_: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            activations = inputs[0].detach()

            def backward_hook(gradient: Tensor) -> None:
                square = _square(module, activations, gradient)
                self.total[index] = self.total[index] + square if index in self.total else square

            output.register_hook(backward_hook)

        return forward_hook


def _modules_with_parameters(layer: nn.Module, norms: Sequence[str]) -> list[nn.Module]:
    modules = [m for m in layer.modules() if next(m.parameters(recurse=False), None) is not None]
    for module in modules:
        if not isinstance(module, nn.Linear | nn.LayerNorm | Conv1D) and type(module).__name__ not in norms:
            raise ValueError(
                f"per-example gradients of a {type(module).__name__} are not supported: declare `mixes_examples` in "
                f"its architecture"
            )
    return modules


def _square(module: nn.Module, inputs: Tensor, gradients: Tensor) -> Tensor:
    if isinstance(module, nn.Linear | Conv1D):
        return linear_square(inputs, gradients, module.bias is not None)
    if isinstance(module, nn.LayerNorm):
        normalized = layer_norm(inputs, module.normalized_shape, eps=module.eps)
        return norm_square(normalized, gradients, module.bias is not None)
    above_zero: Any = module.variance_epsilon
    scale = (inputs.square().mean(-1, keepdim=True) + above_zero).rsqrt()
    return norm_square(inputs * scale, gradients, bias=False)


def squares_one_by_one(stack: nn.ModuleList, loss: Callable[[int], Tensor], examples: int) -> Tensor:
    """[L, n]: the same by one backward pass an example, of `loss(example)`: slow, but for any kind of layer."""
    squares = torch.empty(len(stack), examples, dtype=torch.float64)
    for example in range(examples):
        stack.zero_grad(set_to_none=True)
        loss(example).backward()
        squares[:, example] = torch.tensor([gradient_norm(layer) ** 2 for layer in stack])
    return squares


def gradient_norm(module: nn.Module) -> float:
    """L2 norm of the gradient over all of a module's parameters."""
    return float(torch.stack([p.grad.norm() for p in module.parameters() if p.grad is not None]).norm())
