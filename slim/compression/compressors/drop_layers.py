"""Dropping whole layers."""

from collections.abc import Sequence

from slim.modeling.batching import Batches
from slim.modeling.transformer import Model, keep_layers


def drop_layers(model: Model, batches: Batches | None = None, *, kept: Sequence[int]) -> Model:
    """The model with only the `kept` layers, in their old order; needs no texts; reloads with `from_pretrained`."""
    return keep_layers(model, kept)
