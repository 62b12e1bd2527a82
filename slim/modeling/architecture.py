"""What an architecture declares, and what several have in common."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

import torch
from torch import Tensor

Batch = dict[str, Tensor]
Model = Any  # a transformers PreTrainedModel with a classification head; transformers ships no usable types
Config = Any
Tail = Callable[[Model, Tensor, Batch], Tensor]
"""(model, last hidden states [n, tokens, d], batch) -> [n, ...]"""


def first_token(_: Model, hidden: Tensor, __: Batch) -> Tensor:
    """[n, d]: the vector of the first token."""
    return hidden[:, 0]


def normalized_last_token(norm: str) -> tuple[Tail, Tail]:
    """(tail, read_out) of a decoder whose head `score` reads the last token after the norm at that path."""

    def read_out(model: Model, hidden: Tensor, batch: Batch) -> Tensor:
        normalized: Tensor = attrgetter(norm)(model)(last_token(model, hidden, batch))
        return normalized

    def tail(model: Model, hidden: Tensor, batch: Batch) -> Tensor:
        logits: Tensor = model.score(read_out(model, hidden, batch))
        return logits

    return tail, read_out


def last_token(model: Model, hidden: Tensor, batch: Batch) -> Tensor:
    """[n, d]: the vector of the last token that is no padding, by the rule of transformers' own heads."""
    ids = batch["input_ids"]
    places = torch.arange(ids.shape[1], device=ids.device)
    last = (places * (ids != model.config.pad_token_id)).argmax(-1)
    return hidden[torch.arange(len(ids), device=ids.device), last]


def not_padding(_: Model, batch: Batch) -> Tensor:
    """[n, tokens], bool: where the attention mask is set."""
    return batch["attention_mask"].bool()


def everywhere(_: Config, __: int) -> int | None:
    """No window: tokens attend to all others."""
    return None


@dataclass(frozen=True)
class Architecture:
    """Where an architecture keeps its parts, and how it differs from the others."""

    stack: str
    """Path from the model to the list of its layers."""
    attention: str
    """Path from a layer to the module that returns (output, attention weights)."""
    projections: tuple[str, ...]
    """Paths from that module to those that make queries, keys and values, in the order they run; or to the one that
    makes all three, side by side."""
    attention_output: str
    """Path from a layer to the matrix [hidden, heads * head size] after attention."""
    feed_forward_in: tuple[str, ...]
    """Paths from a layer to the matrices into its feed-forward part, each [inner, hidden]: one, or gate and up, or one
    [2 * inner, hidden] that makes both, side by side."""
    feed_forward_out: str
    """Path from a layer to the matrix [hidden, inner] out of its feed-forward part."""
    tail: Tail
    """(model, last hidden states [n, tokens, d], batch) -> logits [n, classes]."""
    read_out: Tail = first_token
    """(model, hidden states [n, tokens, d], batch) -> [n, d]: what the head reads where this is the last layer."""
    first_only: Callable[..., Tensor] | None = None
    """(layer, hidden states [n, tokens, d], the layer's further arguments) -> [n, 1, d]: the layer's output for the
    first token alone, in less time, for heads that read no other; None: the whole layer is run."""
    inputs: tuple[str, ...] = ("input_ids", "attention_mask")
    """The entries of a batch that the model is called with."""
    images: bool = False
    """Whether it reads images, not texts."""
    real: Callable[[Model, Batch], Tensor] = not_padding
    """(model, batch) -> [n, tokens], bool: which tokens are no padding."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Further arguments of every call."""
    inner: str = "intermediate_size"
    """The name in the config of the width inside the feed-forward part of a layer."""
    causal: bool = False
    """Whether a token attends to itself and earlier ones only."""
    reads_padding: bool = False
    """Whether the model itself finds the last token by `config.pad_token_id`."""
    window: Callable[[Config, int], int | None] = everywhere
    """(config, layer) -> how many tokens to either side a token attends to; None: all."""
    relative_positions: str = ""
    """The name in the config of how far relative positions reach, where less than 1 means its number of positions."""
    per_layer: tuple[str, ...] = ()
    """Lists in the config that have an entry for each layer."""
    first_lacks: tuple[str, ...] = ()
    """Modules that the first layer lacks, whichever layer comes first after a removal."""
    norms: tuple[str, ...] = ()
    """Classes of norms without a mean: x / sqrt(mean(x^2) + variance_epsilon) * weight."""
    refused: Mapping[str, str] = field(default_factory=dict)
    """Values of the config that must be absent, zero or false -> why."""
    fixed: Mapping[str, Any] = field(default_factory=dict)
    """Options that transformers reads no longer -> the only value that it computes."""
    returns_pair: bool = False
    """Whether a layer returns (hidden states, attention weights)."""
    needs_output_attentions: bool = False
    """Whether attention weights come only with `config.output_attentions`."""
    mixes_examples: bool = False
    """Whether a layer runs a module once for the whole batch, so that its gradient has no part for each example."""
