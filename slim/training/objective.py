"""The objective of a student that has a teacher."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from slim.modeling.architecture import Batch, Model
from slim.modeling.transformer import forward_logits, layers
from slim.training.cross_entropy import cross_entropy
from slim.training.outputs import LayerOutputs, Outputs, observe
from slim.training.soft_labels import soft_labels
from slim.utils.registry import find


@dataclass(frozen=True)
class DistillationObjective:
    """alpha soft + (1 - alpha) hard labels (arXiv:1503.02531) + weighted further losses.

    The teacher's logits come with the batch, computed once for every text; what its layers compute is a thousand times
    as large, so the teacher runs beside the student where a loss reads it. All weights 0: the control, no teacher.
    """

    temperature: float
    alpha: float
    """Weight of the teacher's soft labels, in [0, 1]."""
    losses: Mapping[str, float] = field(default_factory=dict)
    """File of slim/training/losses/ -> weight."""
    kept: tuple[int, ...] = ()
    """The teacher's layers that the student has; empty: all."""
    teacher: Model | None = field(default=None, repr=False, compare=False)
    """Needed for further losses only."""

    @property
    def has_teacher(self) -> bool:
        """Whether anything is learned from the teacher; else it is the control."""
        return self.alpha > 0 or self.has_losses

    @property
    def has_losses(self) -> bool:
        """Whether any further loss has a weight."""
        return any(weight > 0 for weight in self.losses.values())

    def __call__(self, student: Model, batch: Batch) -> tuple[Tensor, Tensor]:
        """(mean loss, logits [n, classes]) of a batch with `labels` [n] and `teacher` logits [n, classes]."""
        if not self.has_losses:
            logits = forward_logits(student, batch)
            return self._of_labels(logits, batch), logits
        logits, computed = observe(student, batch)
        outputs = Outputs(logits, lambda: computed)
        target = Outputs(batch["teacher"], lambda: self._teacher_layers(batch))
        loss = self._of_labels(logits, batch)
        for name, weight in sorted(self.losses.items()):
            if weight > 0:
                loss = loss + weight * find("training/losses", name)(outputs, target)
        return loss, logits

    def _of_labels(self, logits: Tensor, batch: Batch) -> Tensor:
        loss = (1 - self.alpha) * cross_entropy(logits, batch["labels"])
        if self.alpha > 0:
            loss = loss + self.alpha * soft_labels(logits, batch["teacher"], self.temperature)
        return loss

    def _teacher_layers(self, batch: Batch) -> LayerOutputs:
        assert self.teacher is not None
        depth = len(layers(self.teacher))
        with torch.no_grad():
            return observe(self.teacher, batch, matches(self.kept or range(depth), depth))[1]


def matches(kept: Sequence[int], layers: int) -> list[int]:
    """The teacher layer whose output each retained layer should give: the one before the next retained (this project).

    So a layer also does the work of the removed ones that followed it, and the last gives the teacher's last state.
    """
    return [*(layer - 1 for layer in sorted(kept)[1:]), layers - 1]
