"""Inputs to batches: texts as tokens, padded no further than the longest of their batch, images as pixels."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from datasets import Dataset
from transformers import DataCollatorWithPadding

from slim.modeling.architecture import Batch
from slim.modeling.images import Pixels, rows_of
from slim.modeling.splits import Input
from slim.modeling.tokenization import tokenize
from slim.modeling.transformer import Processor, reads_images


@dataclass(frozen=True)
class Batches:
    """Batches that can be iterated over many times; each is built when it is needed."""

    members: list[np.ndarray]
    """For each batch, the positions of its inputs in the order they were given."""
    rows: Dataset
    """A row for each input: tokens or encoded images."""
    collate: Callable[[Any], Batch]
    """Turns some rows into a batch."""

    def __len__(self) -> int:
        return len(self.members)

    def __iter__(self) -> Iterator[tuple[np.ndarray, Batch]]:
        """Positions, and input_ids, attention_mask, ... [texts, tokens] or pixel_values of every batch."""
        for chosen in self.members:
            yield chosen, dict(self.collate(self.rows[chosen]))

    @property
    def inputs(self) -> int:
        """How many inputs there are in all batches."""
        return sum(map(len, self.members))


def batches(
    inputs: Sequence[Input], processor: Processor, *, max_tokens: int, batch_size: int, by_length: bool = True
) -> Batches:
    """Batches of inputs of similar length (or, with by_length=False, in the order given)."""
    rows = prepared(inputs, processor, max_tokens)
    order = np.argsort(lengths(rows), kind="stable") if by_length else np.arange(len(rows))
    members = [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
    rows = rows.remove_columns("length", new_fingerprint="without_length")  # nothing reads it, and it takes long
    return Batches(members, rows, collator(processor))


def prepared(inputs: Sequence[Input], processor: Processor, max_tokens: int) -> Dataset:
    """The rows that `collator` makes batches of, with their `length`: tokens of texts, images as they are.

    Raises ValueError when the model reads images and the inputs are texts, or the other way round.
    """
    images = reads_images(processor)
    if inputs and images != isinstance(inputs[0], bytes):
        kinds = ("images", "texts") if images else ("texts", "images")
        raise ValueError("the model reads {} and the dataset holds {}: choose another of them".format(*kinds))
    return rows_of(inputs) if images else tokenize(inputs, processor, max_tokens)


def collator(processor: Processor) -> Callable[[Any], Batch]:
    """The function that turns rows into a batch; further columns become tensors."""
    return Pixels(processor) if reads_images(processor) else DataCollatorWithPadding(processor)


def lengths(rows: Dataset) -> np.ndarray:
    """[inputs]: how many tokens each text has, 1 for every image."""
    return rows.data.column("length").to_numpy()
