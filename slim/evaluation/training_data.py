"""What a baseline may learn from; it never sees the test split."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slim.modeling.splits import Input, Split


@dataclass(frozen=True)
class TrainingData:
    """One dataset and seed. Raises ValueError when a class has no row in train."""

    train: "Split"
    """The inputs to learn from."""
    validation: "Split"
    """The inputs to choose on."""
    classes: int
    """How many there are; a model's logits have a column for each."""
    encoder: Path
    """The folder of the pretrained encoder that the teacher started from."""
    seed: int
    """The seed of everything drawn at random."""
    threads: int
    """Of PyTorch and the like; fixed, since another number gives other last digits."""

    def __post_init__(self) -> None:
        if missing := set(range(self.classes)) - set(self.train.labels.tolist()):
            raise ValueError(f"class {min(missing)} has no row in train")


def whole_texts(inputs: "Sequence[Input]", reader: str) -> list[str]:
    """Each input as one text, a pair joined by a space. Raises ValueError, naming the baseline, for images."""
    if inputs and isinstance(inputs[0], bytes):
        raise ValueError(f"{reader} reads texts, and these are images: remove it from baselines")
    return [" ".join(text) if isinstance(text, tuple) else str(text) for text in inputs]
