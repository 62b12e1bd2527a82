"""What a compressor may use beside the model: texts, the teacher, a seed, and a folder for unfinished work."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from slim.modeling.classifier import Classifier
from slim.modeling.splits import Input, Split, read_split, read_unlabelled
from slim.utils.io import read_arrays


@dataclass(frozen=True)
class Context:
    """One dataset and seed; everything is read when it is first asked for. Compressors never see the test split."""

    data: Path
    """The dataset's folder."""
    teacher_folder: Path
    logits_file: Path
    """The teacher's logits on the train and unlabelled inputs."""
    runtime: Mapping[str, Any]
    """How models are loaded and run: the options of `Classifier.load`."""
    encoder_folder: Path
    """The pretrained model that the teacher was fine-tuned from."""
    work: Path
    """A folder for checkpoints; it belongs to this recipe, dataset and seed."""
    kept: Sequence[int] = ()
    """The layers that `choose` kept, where the recipe has an order."""
    teacher_layers: Sequence[int] = ()
    """Which of the teacher's layers the model that the recipe starts from still has."""

    @property
    def seed(self) -> int:
        """The seed of everything drawn at random."""
        return int(self.runtime["seed"])

    @cached_property
    def train(self) -> Split:
        """The inputs to learn from."""
        return read_split(self.data, "train")

    @cached_property
    def validation(self) -> Split:
        """The inputs to choose on."""
        return read_split(self.data, "validation")

    @cached_property
    def unlabelled(self) -> Sequence[Input]:
        """Further inputs without a label; often none."""
        return read_unlabelled(self.data)

    @cached_property
    def teacher(self) -> Classifier:
        """The fine-tuned model that everything started from."""
        return Classifier.load(self.teacher_folder, **self.runtime)

    def encoder(self, labels: Sequence[str]) -> Classifier:
        """The pretrained model, under a fresh head for these classes."""
        return Classifier.load(self.encoder_folder, labels=labels, **self.runtime)

    @cached_property
    def teacher_logits(self) -> dict[str, np.ndarray]:
        """train, unlabelled -> the teacher's logits [inputs, classes]."""
        return read_arrays(self.logits_file)
