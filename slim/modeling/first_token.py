"""A layer for the first token alone, which is all that a head like BERT's reads of what leaves the last one."""

from typing import Any

from torch import Tensor, einsum
from torch.nn.functional import scaled_dot_product_attention


def first_token_attends(
    attention: Any, projections: tuple[str, str, str], hidden: Tensor, mask: Tensor | None
) -> Tensor:
    """[n, 1, d]: what the first token gathers from all, heads side by side, from hidden states [n, tokens, d].

    `projections` name the modules that make queries, keys and values; `mask` [n, 1, tokens, tokens] is true, or zero,
    where a token may look. No key or value is made: a query meets W_k h as W_k^T q meets h, where the bias of keys
    adds to all scores alike, and what the values add up to is W_v times what the hidden states add up to. So the
    heads are queries, and the hidden states keys and values. Without dropout.
    """
    query, key, value = (attention.get_submodule(name) for name in projections)
    by_head = (-1, attention.attention_head_size)
    sought = einsum("nhe,hed->nhd", query(hidden[:, 0]).unflatten(-1, by_head), key.weight.unflatten(0, by_head))
    seen = hidden.unsqueeze(1).to(sought.dtype)  # once, not as keys and again as values
    first = None if mask is None else mask[:, :, :1]
    mixed = scaled_dot_product_attention(sought.unsqueeze(1), seen, seen, attn_mask=first, scale=attention.scaling)
    gathered = einsum("nhd,hed->nhe", mixed.squeeze(1), value.weight.unflatten(0, by_head))
    return gathered.flatten(1).unsqueeze(1) + value.bias
