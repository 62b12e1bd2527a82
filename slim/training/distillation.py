"""How a compressed model learns again: from its teacher or, the control, from labels alone for as many steps."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from slim.modeling.architecture import Model
from slim.modeling.classifier import Classifier
from slim.modeling.splits import Input, Split
from slim.training.augmentation import augmented
from slim.training.cross_entropy import UNLABELLED
from slim.training.objective import DistillationObjective
from slim.training.rounding import rounded_weights
from slim.training.trainer import Schedule, train_classifier
from slim.utils.io import read_arrays, write_arrays


@dataclass(frozen=True)
class TransferSet:
    """The inputs that a student learns from, and the teacher's answers to them."""

    train: Split
    unlabelled: Sequence[Input]
    """Further inputs, without a label."""
    logits: dict[str, np.ndarray]
    """train and unlabelled -> the teacher's logits [inputs, classes]; there may be more of the unlabelled."""

    def with_unlabelled(self) -> tuple[Split, np.ndarray]:
        """All inputs, and the teacher's logits on them."""
        labels = np.concatenate([self.train.labels, np.full(len(self.unlabelled), UNLABELLED, np.int64)])
        logits = np.concatenate([self.logits["train"], self.logits["unlabelled"][: len(self.unlabelled)]])
        return Split([*self.train.inputs, *self.unlabelled], labels), logits

    def with_altered(self, copies: int, teacher: Classifier, seed: int, work: Path) -> "TransferSet":
        """With so many altered copies of every training text, which the teacher labels (`augmented`).

        `work` keeps its answers for a run that is killed and resumed.
        """
        altered = augmented(self.train.inputs, copies, getattr(teacher.processor, "mask_token", None), seed)
        answers = work / "altered.npz"
        if not answers.exists():
            write_arrays({"logits": teacher.logits(altered)}, answers)
        before = self.logits["unlabelled"][: len(self.unlabelled)]
        logits = self.logits | {"unlabelled": np.concatenate([before, read_arrays(answers)["logits"]])}
        return TransferSet(self.train, [*self.unlabelled, *altered], logits)


def distill_classifier(
    student: Classifier,
    objective: DistillationObjective,
    schedule: Schedule,
    inputs: TransferSet,
    work: Path,
    block_size: int | None = None,
) -> None:
    """Train a student in place on labelled and unlabelled inputs.

    A control, whose objective has no teacher, sees the labelled inputs only; give it a schedule of as many steps. No
    checkpoint is chosen: both end with their last step, so that neither has more to choose from. `block_size`: weights
    are seen in 4 bits, so many of them sharing a scale (`rounded_weights`); None: as they are.
    """
    seen = inputs if objective.has_teacher else replace(inputs, unlabelled=[])
    split, logits = seen.with_unlabelled()
    with rounded_weights(student.model, block_size) if block_size else nullcontext():
        train_classifier(student, split, None, schedule, work, objective, teacher=logits)


@contextmanager
def only(model: Model, pattern: str) -> Iterator[None]:
    """While this lasts, only parameters whose names match are trained. Raises ValueError when none does."""
    frozen = [each for name, each in model.named_parameters() if each.requires_grad and not re.search(pattern, name)]
    if len(frozen) == sum(each.requires_grad for each in model.parameters()):
        raise ValueError("nothing is left to train: the model has no core that `cur` made")
    for each in frozen:
        each.requires_grad_(False)
    try:
        yield
    finally:
        for each in frozen:
            each.requires_grad_(True)
