"""A model that holds smaller ones: the first neurons of each layer, and without some layers (arXiv:2501.08504)."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from slim.compression.feed_forward.parts import read, tensors_of
from slim.compression.widths.narrowing import narrowed
from slim.compression.widths.units import widths
from slim.modeling.architecture import Model
from slim.modeling.classifier import Classifier
from slim.modeling.transformer import (
    architecture_of,
    feed_forward_in,
    feed_forward_out,
    keep_layers,
    layers,
    weight_of,
)

ElasticClassifier = Classifier
"""One whose config has `elastic`: the shares of neurons that a layer may have, and the layers that may go."""
Subnet = tuple[int, ...]
"""How many neurons each layer has, 0 where the layer is left out."""


@dataclass(frozen=True)
class Space:
    """The smaller models that a model holds."""

    choices: tuple[tuple[int, ...], ...]
    """For each layer, how many neurons it may have, in increasing order; 0: it may go."""

    @classmethod
    def of(cls, model: Model, shares: Sequence[float], removable: Sequence[int]) -> "Space":
        """Every layer has one of the shares of its neurons, at least one; some may go."""
        inner = widths(model)["feed_forward"]
        own = [sorted({max(1, round(share * n)) for share in shares} | {n}) for n in inner]
        return cls(tuple(tuple([0, *each] if i in removable else each) for i, each in enumerate(own)))

    @property
    def largest(self) -> Subnet:
        """The whole model."""
        return tuple(each[-1] for each in self.choices)

    @property
    def smallest(self) -> Subnet:
        """Without all layers that may go, the others as narrow as they can be."""
        return tuple(each[0] for each in self.choices)

    def random(self) -> Subnet:
        """Any, by torch's own stream of random numbers, which a resumed training continues."""
        return tuple(each[int(torch.randint(len(each), ()))] for each in self.choices)


def sorted_neurons(model: Model, ranks: Sequence[Sequence[int]]) -> Model:
    """A copy that computes the same, with the neurons of each layer in the order of their ranks."""
    changed = copy.deepcopy(model)
    state: dict[str, Tensor] = {}
    for i, places in enumerate(ranks):
        order = torch.from_numpy(np.argsort(places, kind="stable")).to(next(model.parameters()).device)
        state |= tensors_of(model, i, read(model, i).permuted(order))
    changed.load_state_dict(state, strict=False)
    return changed


@contextmanager
def running(model: Model, subnet: Subnet) -> Iterator[None]:
    """A context in which the model computes what a smaller one would, in the time that one takes.

    Gradients reach the first neurons of each layer alone, and none of a layer that is left out.
    """
    changed: list[Any] = []
    pair = architecture_of(model).returns_pair
    for layer, kept, whole in zip(layers(model), subnet, widths(model)["feed_forward"], strict=True):
        if not kept:
            changed.append(layer)
            layer.forward = (lambda hidden, *_, **__: (hidden, None)) if pair else (lambda hidden, *_, **__: hidden)
        elif kept < whole:
            for module, forward in _first(model, layer, kept, whole):
                changed.append(module)
                module.forward = forward
    try:
        yield
    finally:
        for module in changed:
            vars(module).pop("forward", None)  # the class's own is behind it


def _first(model: Model, layer: nn.Module, kept: int, whole: int) -> Iterator[tuple[Any, Any]]:
    """The matrices of a layer's feed-forward part, each with a forward pass for its first neurons."""
    for module in feed_forward_in(model, layer):
        halves = [weight_of(module)[start : start + kept] for start in range(0, len(weight_of(module)), whole)]
        bias = module.bias if isinstance(module.bias, Tensor) else None
        parts = (
            None if bias is None else torch.cat([bias[start : start + kept] for start in range(0, len(bias), whole)])
        )
        weight = halves[0] if len(halves) == 1 else torch.cat(halves)
        yield module, lambda x, weight=weight, parts=parts: linear(x, weight, parts)
    out = feed_forward_out(model, layer)
    columns, out_bias = weight_of(out)[:, :kept], out.bias if isinstance(out.bias, Tensor) else None
    yield out, lambda x: linear(x, columns, out_bias)


def extracted(model: Model, subnet: Subnet) -> Model:
    """The smaller model by itself: dense, and smaller on disk."""
    full = widths(model)["feed_forward"]
    kept = [np.arange(count or whole) for count, whole in zip(subnet, full, strict=True)]
    smaller = narrowed(model, {"feed_forward": kept})
    return keep_layers(smaller, [i for i, count in enumerate(subnet) if count])


def space_of(model: Model) -> Space:
    """The space that an elastic model's config describes."""
    elastic: Mapping[str, Any] = model.config.elastic
    return Space.of(model, elastic["shares"], elastic["removable"])
