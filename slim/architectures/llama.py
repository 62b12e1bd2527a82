"""Llama (arXiv:2307.09288): a decoder with rotary positions, shared keys and values, and norms without a mean."""

from torch import Tensor

from slim.architectures._architecture import Architecture, Batch, Model, last_token


def _read_out(model: Model, hidden: Tensor, batch: Batch) -> Tensor:
    normalized: Tensor = model.model.norm(last_token(model, hidden, batch))
    return normalized


def _tail(model: Model, hidden: Tensor, batch: Batch) -> Tensor:
    logits: Tensor = model.score(_read_out(model, hidden, batch))
    return logits


llama = Architecture(
    "model.layers",
    "self_attn",
    ("q_proj", "k_proj", "v_proj"),
    _tail,
    _read_out,
    options={"use_cache": False},
    causal=True,
    reads_padding=True,
    norms=("LlamaRMSNorm",),
)
