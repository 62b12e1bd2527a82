"""Llama (arXiv:2307.09288): a decoder with rotary positions, shared keys and values, and norms without a mean."""

from slim.modeling.architectures._architecture import Architecture, normalized_last_token

llama = Architecture(
    "model.layers",
    "self_attn",
    ("q_proj", "k_proj", "v_proj"),
    *normalized_last_token("model.norm"),
    options={"use_cache": False},
    causal=True,
    reads_padding=True,
    norms=("LlamaRMSNorm",),
)
