"""Squared error against a teacher's hidden states."""

from collections.abc import Sequence

import torch
from torch import Tensor

from slim.modeling.device import process_weight


def hidden_states(student: Sequence[Tensor], teacher: Sequence[Tensor], real: Tensor) -> Tensor:
    """Squared error of matched hidden states in units of the teacher's mean square, mean over the pairs.

    Each [n, tokens, d]; `real` [n, tokens], bool, leaves padding out. After FitNets and TinyBERT (arXiv:1909.10351),
    without a projection, since pruning keeps the width; the scaling (this project) makes the weight mean the same
    for any width and layer.
    """
    pairs = zip(student, teacher, strict=True)
    errors = [_error(state[real].float(), target[real].float()) for state, target in pairs]
    return torch.stack(errors).mean()


def _error(state: Tensor, target: Tensor) -> Tensor:
    unit = target.square()
    return (state - target).square().mean() / unit.mean() * process_weight(unit.sum())
