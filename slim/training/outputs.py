"""What a loss compares: what a student and its teacher compute for one batch."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from torch import Tensor

from slim.modeling.architecture import Batch, Model
from slim.modeling.transformer import (
    capture_outputs,
    forward_logits,
    layers,
    projections,
    real_tokens,
    split_heads,
    unwrap,
)


@dataclass(frozen=True)
class LayerOutputs:
    """What the layers of one model compute for a batch."""

    hidden_states: Sequence[Tensor]
    """Outputs of the matched layers, [n, tokens, d] each: a student's i-th goes with its teacher's i-th."""
    projections: Sequence[Tensor]
    """Queries, keys and values of the last layer, each [n, heads, tokens, d / heads]."""
    real_tokens: Tensor
    """[n, tokens], bool: which tokens are not padding."""


@dataclass(frozen=True)
class Outputs:
    """What one model computes for a batch."""

    logits: Tensor
    """[n, classes]"""
    compute_layers: Callable[[], LayerOutputs]

    @cached_property
    def layers(self) -> LayerOutputs:
        """Computed when a loss first reads it: a teacher's forward pass runs only for the losses that need it."""
        return self.compute_layers()


def observe(model: Model, batch: Batch, matched: Iterable[int] | None = None) -> tuple[Tensor, LayerOutputs]:
    """(logits, what the layers compute) in one forward pass; `matched`: which layers' hidden states, default all."""
    alone = unwrap(model)
    stack = layers(alone)
    chosen = stack if matched is None else [stack[layer] for layer in matched]
    with capture_outputs(chosen) as states, capture_outputs(projections(alone, stack[-1])) as last:
        logits = forward_logits(model, batch)
    return logits, LayerOutputs(states, split_heads(alone, last), real_tokens(alone, batch))
