"""DistilBERT (arXiv:1910.01108): BERT without token types and pooler."""

from torch import Tensor

from slim.architectures._architecture import Architecture, Batch, Model


def _tail(model: Model, hidden: Tensor, _: Batch) -> Tensor:
    logits: Tensor = model.classifier(model.dropout(model.pre_classifier(hidden[:, 0]).relu()))
    return logits


distilbert = Architecture(
    "distilbert.transformer.layer", "attention", ("q_lin", "k_lin", "v_lin"), _tail, inner="hidden_dim"
)
