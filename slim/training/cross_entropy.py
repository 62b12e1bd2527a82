"""Cross-entropy with the labels: the usual loss, and the control of every distillation."""

from torch import Tensor
from torch.nn import functional

from slim.modeling.device import process_weight

UNLABELLED = -100
"""The class of a text without one; torch's own convention."""


def cross_entropy(student: Tensor, labels: Tensor) -> Tensor:
    """Mean cross-entropy in nats of logits [n, classes] against classes [n], over the labelled; 0 if none is."""
    total = functional.cross_entropy(student, labels, reduction="sum", ignore_index=UNLABELLED)
    labelled = (labels != UNLABELLED).sum()
    return total / labelled.clamp(min=1) * process_weight(labelled)
