"""Kullback-Leibler divergence from a teacher's probabilities of the classes."""

import torch
from torch import Tensor
from torch.nn.functional import kl_div, log_softmax

from slim.modeling.device import process_weight


def soft_labels(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """T^2 KL(teacher_T || student_T) in nats, mean over examples; logits [n, classes] each (arXiv:1503.02531)."""
    predicted, target = (log_softmax(logits / temperature, dim=-1) for logits in (student, teacher))
    mean = kl_div(predicted, target, log_target=True, reduction="batchmean")
    return temperature**2 * mean * process_weight(torch.tensor(len(student), device=student.device))
