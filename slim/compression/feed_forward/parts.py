"""The feed-forward parts of a model: read, merged, written back."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from transformers.pytorch_utils import Conv1D

from slim.compression.feed_forward.merging import FeedForward, alignment, mean
from slim.modeling.architecture import Model
from slim.modeling.classifier import Classifier
from slim.modeling.replaced import path_of, replace_modules
from slim.modeling.splits import Input
from slim.modeling.transformer import (
    capture_outputs,
    feed_forward_in,
    feed_forward_out,
    forward_logits,
    layers,
    real_tokens,
    weight_of,
)

MOST_TOKENS = 4096
"""Whose features are kept: 25 MB a layer of 1,536 neurons."""


def read(model: Model, layer: int) -> FeedForward:
    """The matrices of a layer's feed-forward part; one that makes gate and up side by side is cut in two."""
    entering, leaving = _modules(model, layer)
    inner = weight_of(leaving).shape[1]
    into = [half for each in entering for half in weight_of(each).detach().split(inner)]
    biases = [half for each in entering for bias in _bias(each) for half in bias.split(inner)]
    return FeedForward(tuple(into), tuple(biases), weight_of(leaving).detach(), next(iter(_bias(leaving)), None))


@torch.no_grad()
def inner_inputs(classifier: Classifier, inputs: Sequence[Input]) -> list[Tensor]:
    """[tokens, F] a layer: what neurons receive before their activation (the ungated part), padding left out."""
    model = classifier.model.eval()
    last = [_modules(model, i)[0][-1] for i in range(len(layers(model)))]
    seen: list[list[Tensor]] = [[] for _ in last]
    for _, batch in classifier.batches(inputs, by_length=False):  # else the shortest texts alone would count
        on_device = classifier.runtime.to_device(batch)
        with capture_outputs(last) as outputs:
            forward_logits(model, on_device)
        real = real_tokens(model, on_device)
        for i, out in enumerate(outputs):
            seen[i].append(out.reshape(*real.shape, -1)[real][:, -_inner(model, i) :])
        if sum(map(len, seen[0])) >= MOST_TOKENS:
            break
    return [torch.cat(each)[:MOST_TOKENS] for each in seen]


def merged(
    classifier: Classifier, window: Sequence[int], align: str, features: Sequence[Tensor] | None, seed: int
) -> Classifier:
    """The model in which the layers of a window share one feed-forward part, the first's."""
    model, (first, *others) = classifier.model, window
    parts = [read(model, layer) for layer in window]
    if align == "anchor":
        shared = parts[0]
    else:
        draw = torch.Generator().manual_seed(seed)
        orders = [_order(align, parts[0], features, first, layer, draw) for layer in others]
        aligned = [part.permuted(order) for part, order in zip(parts[1:], orders, strict=True)]
        shared = mean([parts[0], *aligned])
    anchors = [path_of(model, module) for module in _all(model, first)]
    replacements = [
        {"module": path_of(model, module), "by": "tied", "to": anchor}
        for layer in others
        for module, anchor in zip(_all(model, layer), anchors, strict=True)
    ]
    return classifier.with_model(replace_modules(model, replacements, tensors_of(model, first, shared)))


def _order(
    align: str, part: FeedForward, features: Sequence[Tensor] | None, first: int, layer: int, draw: torch.Generator
) -> Tensor:
    count = part.out.shape[1]
    if align == "random":
        return torch.randperm(count, generator=draw).to(part.out.device)
    if align == "none" or features is None:
        return torch.arange(count, device=part.out.device)
    return alignment(features[first], features[layer])


def tensors_of(model: Model, layer: int, part: FeedForward) -> dict[str, Tensor]:
    """Name -> values of a layer's feed-forward part, as its modules hold them."""
    entering, leaving = _modules(model, layer)
    halves = len(part.into) // len(entering)
    tensors: dict[str, Tensor] = {}

    def write(module: nn.Module, weight: Tensor, bias: Tensor | None) -> None:
        path = path_of(model, module)
        tensors[f"{path}.weight"] = (weight.T if isinstance(module, Conv1D) else weight).contiguous()
        if bias is not None:
            tensors[f"{path}.bias"] = bias

    for i, module in enumerate(entering):
        own = slice(halves * i, halves * (i + 1))
        biases = part.into_bias[own]
        write(module, torch.cat(part.into[own]), torch.cat(biases) if biases else None)
    write(leaving, part.out, part.out_bias)
    return tensors


def _modules(model: Model, layer: int) -> tuple[list[nn.Module], nn.Module]:
    one = layers(model)[layer]
    return feed_forward_in(model, one), feed_forward_out(model, one)


def _bias(module: nn.Module) -> list[Tensor]:
    """The bias of a module, or nothing."""
    return [module.bias.detach()] if isinstance(module.bias, Tensor) else []


def _all(model: Model, layer: int) -> list[nn.Module]:
    entering, leaving = _modules(model, layer)
    return [*entering, leaving]


def _inner(model: Model, layer: int) -> int:
    return weight_of(_modules(model, layer)[1]).shape[1]
