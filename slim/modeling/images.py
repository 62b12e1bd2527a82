"""Images to pixels, batch by batch; only the encoded files are in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from datasets import Dataset
from transformers import BatchFeature

from slim.modeling.architecture import Batch
from slim.modeling.splits import Input
from slim.modeling.transformer import Processor
from slim.utils.image_files import decode_image


def rows_of(images: Sequence[Input]) -> Dataset:
    """A row for each image, with its `length`, the same for all: a model reads every image at one size."""
    lengths = pa.array([1] * len(images), pa.int32())
    return Dataset(pa.table({"image": pa.array(images, pa.binary()), "length": lengths}))


@dataclass(frozen=True)
class Pixels:
    """Turns rows into a batch."""

    processor: Processor

    def __call__(self, rows: Sequence[Mapping[str, Any]] | Mapping[str, Sequence[Any]]) -> Batch:
        """pixel_values [images, 3, height, width] of the rows, and their further columns as tensors."""
        if not isinstance(rows, Mapping):
            rows = {name: [row[name] for row in rows] for name in rows[0]}
        pixels = self.processor([decode_image(file) for file in rows["image"]])
        further = {name: column for name, column in rows.items() if name != "image"}
        return dict(BatchFeature({**pixels, **further}, tensor_type="pt"))
