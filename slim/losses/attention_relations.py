"""Learning which tokens a teacher relates to which."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import kl_div, log_softmax

from slim.runtime import share


def attention_relations(student: Sequence[Tensor], teacher: Sequence[Tensor], real: Tensor, heads: int) -> Tensor:
    """KL(teacher || student) in nats of query-query, key-key and value-value relations of one layer each.

    Each of the three [n, tokens, d]; `real` [n, tokens], bool. A relation is the softmax over tokens of the scaled
    products of a head's vectors; mean over relations, heads and real tokens (MiniLMv2, arXiv:2012.15828, eq. 3-5).
    """
    found = [
        _divergence(_relation(ours, real, heads), _relation(theirs, real, heads), real)
        for ours, theirs in zip(student, teacher, strict=True)
    ]
    return torch.stack(found).mean() * share(real.sum())


def _relation(vectors: Tensor, real: Tensor, heads: int) -> Tensor:
    """Log-probabilities [n, heads, tokens, tokens]: how much a token (row) relates to every real one."""
    n, tokens, width = vectors.shape
    split = vectors.float().view(n, tokens, heads, width // heads).transpose(1, 2)
    products = split @ split.transpose(2, 3) / (width // heads) ** 0.5
    return log_softmax(products.masked_fill(~real[:, None, None], torch.finfo(products.dtype).min), dim=-1)


def _divergence(ours: Tensor, theirs: Tensor, real: Tensor) -> Tensor:
    each = kl_div(ours, theirs, log_target=True, reduction="none").sum(-1)  # [n, heads, tokens]
    return each.transpose(1, 2)[real].mean()
