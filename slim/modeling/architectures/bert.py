"""BERT, MiniLM among it (arXiv:1810.04805): a pooler before the head."""

from typing import Any

from torch import Tensor

from slim.modeling.architecture import Architecture, Batch, Model
from slim.modeling.first_token import first_token_attends

QKV = ("query", "key", "value")
INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def _pooled(model: Model, hidden: Tensor, _: Batch) -> Tensor:
    logits: Tensor = model.classifier(model.dropout(model.base_model.pooler(hidden)))
    return logits


def unpooled(model: Model, hidden: Tensor, _: Batch) -> Tensor:
    """The logits of a head that takes all hidden states and reads the first token itself."""
    logits: Tensor = model.classifier(hidden)
    return logits


def first_only(
    layer: Any, hidden: Tensor, attention_mask: Tensor | None = None, *others: Any, **options: Any
) -> Tensor:
    """[n, 1, d]: what leaves a layer of BERT's build for the first token; a decoder's whole layer is run."""
    if layer.is_decoder:  # what it may look at is not in the mask alone
        return layer(hidden, attention_mask, *others, **options)[:, :1]
    attended = layer.attention.output(
        first_token_attends(layer.attention.self, QKV, hidden, attention_mask), hidden[:, :1]
    )
    return layer.feed_forward_chunk(attended)


bert = Architecture(
    stack="bert.encoder.layer",
    attention="attention.self",
    projections=QKV,
    attention_output="attention.output.dense",
    feed_forward_in=("intermediate.dense",),
    feed_forward_out="output.dense",
    tail=_pooled,
    first_only=first_only,
    inputs=INPUTS,
    fixed={"position_embedding_type": "absolute"},
)
