"""Squared error against a teacher's hidden states."""

import torch
from torch import Tensor

from slim.modeling.device import process_weight
from slim.training.outputs import Outputs


def hidden_states(student: Outputs, teacher: Outputs) -> Tensor:
    """Squared error of matched hidden states in units of the teacher's mean square, mean over layers and real tokens.

    After FitNets and TinyBERT (arXiv:1909.10351), without a projection, since pruning keeps the width; the scaling
    (this project) makes the weight mean the same for any width and layer.
    """
    real = student.layers.real_tokens
    pairs = zip(student.layers.hidden_states, teacher.layers.hidden_states, strict=True)
    errors = [_error(state[real].float(), target[real].float()) for state, target in pairs]
    return torch.stack(errors).mean()


def _error(state: Tensor, target: Tensor) -> Tensor:
    unit = target.square()
    return (state - target).square().mean() / unit.mean() * process_weight(unit.sum())
