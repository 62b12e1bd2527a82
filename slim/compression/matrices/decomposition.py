"""Matrices of a model in parts of lower rank, whatever chooses the parts."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from slim.compression.matrices.chosen import Which, calmest_layers, input_norms, matrices_of
from slim.compression.matrices.cur import break_even, rank_of_energy
from slim.modeling.classifier import Classifier
from slim.modeling.replaced import Replacement, replace_modules
from slim.modeling.splits import Input
from slim.modeling.transformer import weight_of
from slim.utils.option_types import Layers

Parts = Callable[[Tensor, Tensor, int], dict[str, Tensor]]
"""(weight [m, n], root mean squares of its inputs [n], rank) -> name in the module that takes its place -> values."""


def decomposed(
    classifier: Classifier,
    inputs: Sequence[Input],
    parts: Parts,
    by: str,
    bias: str,
    rank: int | float,
    layers: Layers,
    which: Which,
) -> Classifier:
    """The model with `which` matrices of its `layers` calmest layers in `parts`, as the module `by` holds them.

    `rank`: or, below 1, the share of a matrix's squares that chooses it. `bias`: what the bias is called there. Raises
    ValueError for a rank at which columns, core and rows are no smaller than a matrix.
    """
    chosen = matrices_of(classifier, calmest_layers(classifier, inputs, layers), which)
    norms = input_norms(classifier, chosen, inputs)
    replacements: list[Replacement] = []
    tensors: dict[str, Tensor] = {}
    for path, module in chosen.items():
        weight = weight_of(module).detach()
        most, norm = break_even(*weight.shape), norms[path].to(weight.device)
        if rank > most:
            raise ValueError(f"rank {rank} makes {path}, {tuple(weight.shape)}, no smaller: {most} does")
        size = rank if isinstance(rank, int) else min(rank_of_energy(weight, norm, rank), most)
        replacements.append({"module": path, "by": by, "rank": size})
        own = parts(weight, norm, size)
        if isinstance(module.bias, Tensor):
            own[bias] = module.bias.detach()
        tensors |= {f"{path}.{name}": value.contiguous() for name, value in own.items()}
    return classifier.with_model(replace_modules(classifier.model, replacements, tensors))


def nearest(weight: Tensor, rank: int, norms: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """([m, r], [r, n]) whose product is nearest to W [m, n], squared; each has the root of the singular values.

    `norms` [n]: nearest in (product - W) diag(norms) instead.
    """
    scale = weight.new_ones(weight.shape[1]) if norms is None else norms
    scale = scale.double().clamp_min(torch.finfo(torch.float32).eps * float(scale.max()))
    left, values, right = torch.linalg.svd(weight.double() * scale, full_matrices=False)
    root = values[:rank].sqrt()
    return (left[:, :rank] * root).to(weight.dtype), (root[:, None] * right[:rank] / scale).to(weight.dtype)
