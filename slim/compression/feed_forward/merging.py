"""Feed-forward parts of several layers as one: aligned by what their neurons do, then averaged (arXiv:2501.06126)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor


@dataclass(frozen=True)
class FeedForward:
    """The matrices of a feed-forward part with F neurons."""

    into: tuple[Tensor, ...]
    """[F, d] each: one, or gate and up."""
    into_bias: tuple[Tensor, ...]
    """[F] each; empty where there is none."""
    out: Tensor
    """[d, F]"""
    out_bias: Tensor | None
    """[d]"""

    def permuted(self, order: Tensor) -> "FeedForward":
        """The same function with its neurons in another order: neuron j is the former order[j]."""
        into, bias = tuple(each[order] for each in self.into), tuple(each[order] for each in self.into_bias)
        return FeedForward(into, bias, self.out[:, order], self.out_bias)


def mean(parts: Sequence[FeedForward]) -> FeedForward:
    """Matrix by matrix; the output's bias belongs to no neuron and is averaged as it is."""

    def middle(tensors: Sequence[Tensor]) -> Tensor:
        return torch.stack(list(tensors)).mean(0)

    biases = [part.out_bias for part in parts if part.out_bias is not None]
    return FeedForward(
        tuple(map(middle, zip(*(part.into for part in parts), strict=True))),
        tuple(map(middle, zip(*(part.into_bias for part in parts), strict=True))),
        middle([part.out for part in parts]),
        middle(biases) if biases else None,
    )


def alignment(anchor: Tensor, other: Tensor) -> Tensor:
    """[F]: which neuron of the other goes to the place of each of the anchor's, for the largest sum of correlations.

    `anchor`, `other`: [tokens, F], what the neurons receive; a neuron that receives the same everywhere correlates
    with none.
    """
    correlation = _standardised(anchor).T @ _standardised(other)
    _, order = linear_sum_assignment(correlation.cpu().numpy(), maximize=True)
    return torch.from_numpy(np.asarray(order, np.int64)).to(anchor.device)


def _standardised(features: Tensor) -> Tensor:
    centred = features.float() - features.float().mean(0)
    length = centred.norm(dim=0)
    return centred / torch.where(length > 1e-6 * length.max().clamp_min(1e-30), length, torch.inf)
