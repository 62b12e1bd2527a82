"""BERT, MiniLM among it (arXiv:1810.04805): a pooler before the head."""

from torch import Tensor

from slim.architectures._architecture import Architecture, Batch, Model

QKV = ("query", "key", "value")
INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def _pooled(model: Model, hidden: Tensor, _: Batch) -> Tensor:
    logits: Tensor = model.classifier(model.dropout(model.base_model.pooler(hidden)))
    return logits


def of_hidden(model: Model, hidden: Tensor, _: Batch) -> Tensor:
    """The tail of a head that takes all hidden states and reads the first token itself."""
    logits: Tensor = model.classifier(hidden)
    return logits


bert = Architecture("bert.encoder.layer", "attention.self", QKV, _pooled, inputs=INPUTS)
