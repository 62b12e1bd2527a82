"""Learning what a teacher makes of every token on the way."""

from collections.abc import Sequence

import torch
from torch import Tensor

from slim.modeling.device import process_weight


def hidden_states(student: Sequence[Tensor], teacher: Sequence[Tensor], real: Tensor) -> Tensor:
    """Squared error of matched hidden states in units of the teacher's mean square, mean over the pairs.

    Each [n, tokens, d]; `real` [n, tokens], bool, leaves padding out. After FitNets and TinyBERT (arXiv:1909.10351),
    without a projection, since pruning keeps the width; the scaling is OURS: it makes the weight mean the same for
    any width and layer.
    """
    errors = [_error(ours[real].float(), theirs[real].float()) for ours, theirs in zip(student, teacher, strict=True)]
    return torch.stack(errors).mean()


def _error(ours: Tensor, theirs: Tensor) -> Tensor:
    unit = theirs.square()
    return (ours - theirs).square().mean() / unit.mean() * process_weight(unit.sum())
