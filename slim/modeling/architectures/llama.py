"""Llama (arXiv:2307.09288): a decoder with rotary positions, shared keys and values, and norms without a mean."""

from slim.modeling.architecture import Architecture, normalized_last_token

TAIL, READ_OUT = normalized_last_token("model.norm")

llama = Architecture(
    stack="model.layers",
    attention="self_attn",
    projections=("q_proj", "k_proj", "v_proj"),
    attention_output="self_attn.o_proj",
    feed_forward_in=("mlp.gate_proj", "mlp.up_proj"),
    feed_forward_out="mlp.down_proj",
    tail=TAIL,
    read_out=READ_OUT,
    options={"use_cache": False},
    causal=True,
    reads_padding=True,
    norms=("LlamaRMSNorm",),
)
