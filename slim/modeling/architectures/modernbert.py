"""ModernBERT (arXiv:2412.13663): global and local attention in turn, one matrix for queries, keys and values.

The first layer has no norm before its attention, since the embeddings end with one. Whichever layer comes first after
a removal is run without it too, so that the stock class can express the pruned model.
"""

from torch import Tensor

from slim.modeling.architecture import Architecture, Batch, Config, Model


def _read_out(model: Model, hidden: Tensor, batch: Batch) -> Tensor:
    hidden = model.model.final_norm(hidden)
    if model.config.classifier_pooling == "cls":
        return hidden[:, 0]
    real = batch["attention_mask"]
    return (hidden * real.unsqueeze(-1)).sum(1) / real.sum(1, keepdim=True)


def _tail(model: Model, hidden: Tensor, batch: Batch) -> Tensor:
    logits: Tensor = model.classifier(model.drop(model.head(_read_out(model, hidden, batch))))
    return logits


def _window(config: Config, layer: int) -> int | None:
    return config.sliding_window if config.layer_types[layer] == "sliding_attention" else None


modernbert = Architecture(
    stack="model.layers",
    attention="attn",
    projections=("Wqkv",),
    attention_output="attn.Wo",
    feed_forward_in=("mlp.Wi",),
    feed_forward_out="mlp.Wo",
    tail=_tail,
    read_out=_read_out,
    window=_window,
    per_layer=("layer_types",),
    first_lacks=("attn_norm",),
)
