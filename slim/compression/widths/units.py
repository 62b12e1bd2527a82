"""Units of a layer that can go without changing what it reads and writes, and gates that scale what they compute.

query_key: a dimension of queries and keys; value: one of values, both the same in all heads of a layer; heads: a head,
with all queries that share its keys; feed_forward: a neuron between the two matrices.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

from slim.modeling.architecture import Model
from slim.modeling.classifier import Classifier
from slim.modeling.transformer import attention_output, feed_forward_out, layers, projections, weight_of

Kind = Literal["query_key", "value", "heads", "feed_forward"]
RankedClassifier = Classifier
"""One whose config has `unit_ranks`: kind -> for each layer, the place of each unit among those of all layers."""


@dataclass(frozen=True)
class Sizes:
    """Of the attention of a layer."""

    queries: int
    """Heads of queries."""
    heads: int
    """Heads of keys and values."""
    head_size: int

    @property
    def parts(self) -> tuple[int, int, int]:
        """Widths of queries, keys and values, which one matrix may make side by side."""
        shared = self.heads * self.head_size
        return self.queries * self.head_size, shared, shared


def sizes(model: Model) -> Sizes:
    """Heads and their size, the same in all layers."""
    config = model.config
    queries = config.num_attention_heads
    size = getattr(config, "head_dim", None) or config.hidden_size // queries
    return Sizes(queries, getattr(config, "num_key_value_heads", None) or queries, size)


def widths(model: Model) -> dict[Kind, list[int]]:
    """Kind -> how many units each layer has."""
    of, stack = sizes(model), layers(model)
    return {
        "query_key": [of.head_size] * len(stack),
        "value": [of.head_size] * len(stack),
        "heads": [of.heads] * len(stack),
        "feed_forward": [weight_of(feed_forward_out(model, layer)).shape[1] for layer in stack],
    }


@contextmanager
def gated(model: Model, gates: Mapping[Kind, Sequence[Tensor]]) -> Iterator[None]:
    """A context in which a forward pass multiplies what each unit computes, its bias included, by a gate.

    `gates`: kind -> for each layer [units], or [n, units], for each input of the batch its own. Queries and keys are
    each multiplied, values after attention, neurons after their activation. Without a unit a layer computes what it
    does where the gate is zero.
    """
    of, hooks = sizes(model), []
    for i, layer in enumerate(layers(model)):
        for kind, tensors in gates.items():
            if kind == "query_key":
                hooks += _on_outputs(projections(model, layer), tensors[i], of)
                continue
            reader = feed_forward_out(model, layer) if kind == "feed_forward" else attention_output(model, layer)
            hooks.append(reader.register_forward_pre_hook(_before(kind, tensors[i], of)))
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _before(kind: Kind, gate: Tensor, of: Sizes) -> Any:
    def scale(_: nn.Module, arguments: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        wide = gate
        if kind == "value":
            wide = gate.repeat(*[1] * (gate.dim() - 1), of.queries)
        elif kind == "heads":
            wide = gate.repeat_interleave(of.queries // of.heads * of.head_size, dim=-1)
        return (_times(arguments[0], wide), *arguments[1:])

    return scale


def _on_outputs(modules: Sequence[nn.Module], gate: Tensor, of: Sizes) -> list[Any]:
    """Hooks that multiply queries and keys: outputs of the first two modules, or parts of that of the only one."""

    def scale(factors: Sequence[Tensor]) -> Any:
        whole = torch.cat(list(factors), dim=-1)
        return lambda _, __, out: _times(out, whole)

    queries, keys = (gate.repeat(*[1] * (gate.dim() - 1), width // of.head_size) for width in of.parts[:2])
    if len(modules) == 1:
        values = keys.new_ones(*keys.shape[:-1], of.parts[2])
        return [modules[0].register_forward_hook(scale([queries, keys, values]))]
    return [each.register_forward_hook(scale([of_it])) for each, of_it in zip(modules, (queries, keys), strict=False)]


def _times(x: Tensor, gate: Tensor) -> Tensor:
    """x [n, tokens, width] times [width] or [n, width]; DeBERTa's positions, which are no input, have no such gate."""
    if gate.dim() == 1:
        return x * gate
    return x * gate.unsqueeze(1) if len(x) == len(gate) else x
