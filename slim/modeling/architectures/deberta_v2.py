"""DeBERTa-v2 and v3 (arXiv:2111.09543): attention by content and by relative position."""

from torch import Tensor

from slim.modeling.architecture import Architecture, Batch, Model
from slim.modeling.architectures.bert import INPUTS


def _tail(model: Model, hidden: Tensor, _: Batch) -> Tensor:
    logits: Tensor = model.classifier(model.dropout(model.pooler(hidden)))
    return logits


deberta_v2 = Architecture(
    stack="deberta.encoder.layer",
    attention="attention.self",
    projections=("query_proj", "key_proj", "value_proj"),
    attention_output="attention.output.dense",
    feed_forward_in=("intermediate.dense",),
    feed_forward_out="output.dense",
    tail=_tail,
    inputs=INPUTS,
    refused={"conv_kernel_size": "a convolution stands between its first two layers"},
    returns_pair=True,
    relative_positions="max_relative_positions",
    needs_output_attentions=True,
    mixes_examples=True,  # projections of the relative positions
)
