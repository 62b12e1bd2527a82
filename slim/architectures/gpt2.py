"""GPT-2: a decoder whose head reads the last token, after a final norm."""

from torch import Tensor

from slim.architectures._architecture import Architecture, Batch, Model, last_token


def _read_out(model: Model, hidden: Tensor, batch: Batch) -> Tensor:
    normalized: Tensor = model.transformer.ln_f(last_token(model, hidden, batch))
    return normalized


def _tail(model: Model, hidden: Tensor, batch: Batch) -> Tensor:
    logits: Tensor = model.score(_read_out(model, hidden, batch))
    return logits


gpt2 = Architecture(
    "transformer.h",
    "attn",
    ("c_attn",),
    _tail,
    _read_out,
    options={"use_cache": False},
    inner="n_inner",
    causal=True,
    reads_padding=True,
    refused={
        "scale_attn_by_inverse_layer_idx": "a layer would compute something else in another place",
        "add_cross_attention": "there is nothing to attend to",
    },
)
