"""The objective of a student that has a teacher."""

from dataclasses import dataclass

from torch import Tensor

from slim.losses.hard_labels import hard_labels
from slim.losses.soft_labels import soft_labels


@dataclass(frozen=True)
class Distillation:
    """alpha * soft_labels + (1 - alpha) * hard_labels, in nats (arXiv:1503.02531); alpha = 0 is the control."""

    temperature: float
    alpha: float
    """Weight of the teacher, in [0, 1]."""

    def __call__(self, logits: Tensor, batch: dict[str, Tensor]) -> Tensor:
        """Mean loss of logits [n, classes], given the batch's `labels` [n] and `teacher` logits [n, classes]."""
        hard = hard_labels(logits, batch["labels"])
        if self.alpha == 0:
            return hard
        return self.alpha * soft_labels(logits, batch["teacher"], self.temperature) + (1 - self.alpha) * hard
