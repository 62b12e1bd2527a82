"""Kullback-Leibler divergence from a teacher's relations between tokens."""

import torch
from torch import Tensor
from torch.nn.functional import kl_div, log_softmax

from slim.modeling.device import process_weight
from slim.training.outputs import Outputs


def attention_relations(student: Outputs, teacher: Outputs) -> Tensor:
    """KL(teacher || student) in nats of query-query, key-key and value-value relations of the last layers.

    A relation is the softmax over real tokens of the scaled products of a head's vectors; mean over relations, heads
    and real tokens (MiniLMv2, arXiv:2012.15828, eq. 3-5). Keys and values may have fewer heads than queries.
    """
    real = student.layers.real_tokens
    pairs = zip(student.layers.projections, teacher.layers.projections, strict=True)
    divergences = [_divergence(_relation(vectors, real), _relation(target, real), real) for vectors, target in pairs]
    return torch.stack(divergences).mean() * process_weight(real.sum())


def _relation(vectors: Tensor, real: Tensor) -> Tensor:
    """Log-probabilities [n, heads, tokens, tokens]: how much a token (row) relates to every real one."""
    vectors = vectors.float()
    products = vectors @ vectors.transpose(2, 3) / vectors.shape[-1] ** 0.5
    return log_softmax(products.masked_fill(~real[:, None, None], torch.finfo(products.dtype).min), dim=-1)


def _divergence(predicted: Tensor, target: Tensor, real: Tensor) -> Tensor:
    each = kl_div(predicted, target, log_target=True, reduction="none").sum(-1)  # [n, heads, tokens]
    return each.transpose(1, 2)[real].mean()
