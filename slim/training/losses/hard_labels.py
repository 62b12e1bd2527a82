"""The ordinary loss, and the control of every distillation."""

from torch import Tensor
from torch.nn.functional import cross_entropy

from slim.modeling.device import share

UNLABELLED = -100
"""The class of a text without one; torch's own convention."""


def hard_labels(student: Tensor, labels: Tensor) -> Tensor:
    """Mean cross-entropy in nats of logits [n, classes] against classes [n], over the labelled; 0 if none is."""
    total = cross_entropy(student, labels, reduction="sum", ignore_index=UNLABELLED)
    labelled = (labels != UNLABELLED).sum()
    return total / labelled.clamp(min=1) * share(labelled)
