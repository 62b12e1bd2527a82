"""The objective of a student that has a teacher."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from slim.modeling.transformer import (
    Batch,
    Model,
    capture_outputs,
    forward_logits,
    layers,
    projections,
    real_tokens,
    split_heads,
    unwrap,
)
from slim.training.losses.attention_relations import attention_relations
from slim.training.losses.cross_entropy import cross_entropy
from slim.training.losses.hidden_states import hidden_states
from slim.training.losses.soft_labels import soft_labels


@dataclass(frozen=True)
class Distillation:
    """alpha soft + (1 - alpha) hard labels (arXiv:1503.02531), and what else of the teacher is to be learned.

    The teacher's logits come with the batch, computed once for every text; its hidden states and attention are
    computed as they are needed, since they are a thousand times as large. All weights 0: the control, no teacher.
    """

    temperature: float
    alpha: float
    """Weight of the teacher's soft labels, in [0, 1]."""
    hidden_states: float = 0.0
    """Weight of the squared error of every student layer's output."""
    attention_relations: float = 0.0
    """Weight of the divergence of the last layers' relations between tokens."""
    kept: tuple[int, ...] = ()
    """The teacher's layers that the student has; empty: all."""
    teacher: Model | None = field(default=None, repr=False, compare=False)
    """Needed for the last two only."""

    @property
    def has_teacher(self) -> bool:
        """Whether anything is learned from the teacher; else it is the control."""
        return self.alpha > 0 or self.hidden_states > 0 or self.attention_relations > 0

    def __call__(self, student: Model, batch: Batch) -> tuple[Tensor, Tensor]:
        """(mean loss, logits [n, classes]) of a batch with `labels` [n] and `teacher` logits [n, classes]."""
        alone = unwrap(student)
        stack = layers(alone)
        with capture_outputs(stack) as states, capture_outputs(projections(alone, stack[-1])) as relations:
            logits = forward_logits(student, batch)
        loss = (1 - self.alpha) * cross_entropy(logits, batch["labels"])
        if self.alpha > 0:
            loss = loss + self.alpha * soft_labels(logits, batch["teacher"], self.temperature)
        if self.teacher is not None and (self.hidden_states > 0 or self.attention_relations > 0):
            loss = loss + self._inner(self.teacher, states, relations, batch)
        return loss, logits

    def _inner(self, teacher: Model, states: Sequence[Tensor], relations: Sequence[Tensor], batch: Batch) -> Tensor:
        stack = layers(teacher)
        matched = [stack[layer] for layer in matches(self.kept or range(len(stack)), len(stack))]
        with (
            torch.no_grad(),
            capture_outputs(matched) as wanted,
            capture_outputs(projections(teacher, stack[-1])) as target_relations,
        ):
            forward_logits(teacher, batch)
        real = real_tokens(teacher, batch)
        loss = self.hidden_states * hidden_states(states, wanted, real)
        if self.attention_relations > 0:
            related = attention_relations(
                split_heads(teacher, relations), split_heads(teacher, target_relations), real
            )
            loss = loss + self.attention_relations * related
        return loss


def matches(kept: Sequence[int], layers: int) -> list[int]:
    """The teacher layer whose output each retained layer should give: the one before the next retained (this project).

    So a layer also does the work of the removed ones that followed it, and the last gives the teacher's last state.
    """
    return [*(layer - 1 for layer in sorted(kept)[1:]), layers - 1]
