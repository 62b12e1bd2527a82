"""How a pruned model learns again: from its teacher or, the control, from labels alone for as many steps."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np

from slim.modeling.classifier import Classifier
from slim.modeling.device import processes
from slim.modeling.splits import Input, Split, read_split, read_unlabelled
from slim.modeling.transformer import Model
from slim.training.losses.cross_entropy import UNLABELLED
from slim.training.losses.distillation import Distillation
from slim.training.trainer import Schedule, train_classifier
from slim.utils.io import read_arrays
from slim.utils.work_cache import checkpoint_folder


@dataclass(frozen=True)
class Lesson:
    """What a student is taught with, and for how long; the fields are those of `distill` in params.yaml."""

    temperature: float
    alpha: float
    hidden_states: float
    attention_relations: float
    transfer: int
    """At most so many of the dataset's unlabelled texts are added to the labelled ones."""
    epochs: float
    """Passes over all of them."""
    min_steps: int
    batch_size: int
    learning_rate: float
    warmup: float
    weight_decay: float

    def control(self) -> "Lesson":
        """The same without a teacher."""
        return replace(self, alpha=0.0, hidden_states=0.0, attention_relations=0.0)

    def schedule(self, seed: int) -> Schedule:
        """How long and how fast it goes."""
        how = {field.name: getattr(self, field.name) for field in fields(Schedule) if hasattr(self, field.name)}
        return Schedule(**how, seed=seed)


@dataclass(frozen=True)
class Material:
    """A dataset as a teacher has answered it."""

    train: Split
    unlabelled: list[Input]
    logits: dict[str, np.ndarray]
    """train and unlabelled -> the teacher's logits [texts, classes], computed once for all students."""
    files: tuple[Path, ...]
    """Where all this was read from."""


def read_material(dataset: str | Path, logits: str | Path) -> Material:
    """The texts of a dataset's folder and the teacher's logits on them."""
    files = (Path(dataset) / "train.parquet", Path(dataset) / "unlabelled.parquet", Path(logits))
    return Material(read_split(dataset, "train"), read_unlabelled(dataset), read_arrays(logits), files)


def steps(lesson: Lesson, material: Material) -> int:
    """Optimizer steps of a lesson, the same with a teacher and without."""
    return lesson.schedule(0).length(len(material.train.inputs) + len(material.unlabelled[: lesson.transfer]))


def teach(
    student: Classifier,
    lesson: Lesson,
    material: Material,
    *,
    teacher: Model,
    kept: Sequence[int],
    files: Sequence[str | Path],
    seed: int,
) -> None:
    """Train a student in place. Without a teacher's weight it sees the labelled texts only, for as many steps.

    `kept` are the teacher's layers that the student has; `files` hold the weights of both. Both kinds of lesson end
    with their last step: no checkpoint is chosen, so that neither has more to choose from.
    """
    objective = Distillation(
        lesson.temperature, lesson.alpha, lesson.hidden_states, lesson.attention_relations, tuple(kept), teacher
    )
    taught = lesson != lesson.control()
    texts, logits = _mixed(material, lesson.transfer if taught else 0)
    schedule = replace(lesson.schedule(seed), steps=steps(lesson, material))
    settings = [schedule, student.max_tokens, student.runtime, processes(), objective]
    work = checkpoint_folder(settings, [*material.files, *files], [__name__])
    train_classifier(student, texts, None, schedule, work, objective, teacher=logits)


def _mixed(material: Material, transfer: int) -> tuple[Split, np.ndarray]:
    """The labelled texts and the first unlabelled ones, with the teacher's logits on them."""
    more = material.unlabelled[:transfer]
    labels = np.concatenate([material.train.labels, np.full(len(more), UNLABELLED, np.int64)])
    logits = np.concatenate([material.logits["train"], material.logits["unlabelled"][: len(more)]])
    return Split([*material.train.inputs, *more], labels), logits
