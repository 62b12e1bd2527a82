"""GPT-2: a decoder whose head reads the last token, after a final norm."""

from slim.modeling.architecture import Architecture, normalized_last_token

TAIL, READ_OUT = normalized_last_token("transformer.ln_f")

gpt2 = Architecture(
    stack="transformer.h",
    attention="attn",
    projections=("c_attn",),
    attention_output="attn.c_proj",
    feed_forward_in=("mlp.c_fc",),
    feed_forward_out="mlp.c_proj",
    tail=TAIL,
    read_out=READ_OUT,
    options={"use_cache": False},
    inner="n_inner",
    causal=True,
    reads_padding=True,
    refused={
        "scale_attn_by_inverse_layer_idx": "a layer would compute something else in another place",
        "add_cross_attention": "there is nothing to attend to",
    },
)
