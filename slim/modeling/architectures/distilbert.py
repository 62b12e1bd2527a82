"""DistilBERT (arXiv:1910.01108): BERT without token types and pooler."""

from typing import Any

from torch import Tensor

from slim.modeling.architecture import Architecture, Batch, Model
from slim.modeling.first_token import first_token_attends

QKV = ("q_lin", "k_lin", "v_lin")


def _tail(model: Model, hidden: Tensor, _: Batch) -> Tensor:
    logits: Tensor = model.classifier(model.dropout(model.pre_classifier(hidden[:, 0]).relu()))
    return logits


def _first_only(layer: Any, hidden: Tensor, attention_mask: Tensor | None = None, **_: Any) -> Tensor:
    gathered = layer.attention.out_lin(first_token_attends(layer.attention, QKV, hidden, attention_mask))
    attended = layer.sa_layer_norm(gathered + hidden[:, :1])
    return layer.output_layer_norm(layer.ffn.ff_chunk(attended) + attended)


distilbert = Architecture(
    stack="distilbert.transformer.layer",
    attention="attention",
    projections=QKV,
    attention_output="attention.out_lin",
    feed_forward_in=("ffn.lin1",),
    feed_forward_out="ffn.lin2",
    tail=_tail,
    first_only=_first_only,
    inner="hidden_dim",
)
