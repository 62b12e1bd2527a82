"""How a compressed model learns again: from its teacher or, the control, from labels alone for as many steps."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from slim.modeling.classifier import Classifier
from slim.modeling.splits import Input, Split
from slim.training.cross_entropy import UNLABELLED
from slim.training.objective import DistillationObjective
from slim.training.rounding import rounded_weights
from slim.training.trainer import Schedule, train_classifier


@dataclass(frozen=True)
class TransferSet:
    """The inputs of a dataset and the teacher's answers to them."""

    train: Split
    unlabelled: Sequence[Input]
    logits: dict[str, np.ndarray]
    """train and unlabelled -> the teacher's logits [inputs, classes]."""

    def with_unlabelled(self, count: int) -> tuple[Split, np.ndarray]:
        """The labelled inputs and the first `count` unlabelled ones, and the teacher's logits on them."""
        more = self.unlabelled[:count]
        labels = np.concatenate([self.train.labels, np.full(len(more), UNLABELLED, np.int64)])
        logits = np.concatenate([self.logits["train"], self.logits["unlabelled"][: len(more)]])
        return Split([*self.train.inputs, *more], labels), logits


def distill_classifier(
    student: Classifier,
    objective: DistillationObjective,
    schedule: Schedule,
    inputs: TransferSet,
    transfer: int,
    work: Path,
    block_size: int | None = None,
) -> None:
    """Train a student in place on labelled inputs and at most `transfer` unlabelled ones.

    A control, whose objective has no teacher, sees the labelled inputs only, for as many steps. No checkpoint is
    chosen: both end with their last step, so that neither has more to choose from. `block_size`: weights are seen in
    4 bits, so many of them sharing a scale (`rounded_weights`); None: as they are.
    """
    split, logits = inputs.with_unlabelled(transfer)
    schedule = replace(schedule, steps=schedule.length(len(split.inputs)))
    if not objective.has_teacher:
        split, logits = inputs.with_unlabelled(0)
    with rounded_weights(student.model, block_size) if block_size else nullcontext():
        train_classifier(student, split, None, schedule, work, objective, teacher=logits)
