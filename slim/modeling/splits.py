"""Reading the tables that `download` wrote."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from slim.utils.io import read_json

Input: TypeAlias = str | tuple[str, str] | bytes
"""A text, a pair of texts that belong together, or an image as a PNG or JPEG file has it.

All of a dataset are of one kind.
"""


@dataclass(frozen=True)
class Split:
    """Inputs and their classes."""

    inputs: Sequence[Input]
    labels: np.ndarray
    """[n], int64"""

    def head(self, count: int) -> "Split":
        """The first inputs, at most `count`."""
        return Split(self.inputs[:count], self.labels[:count])


def read_split(folder: str | Path, split: str) -> Split:
    """One split of a dataset's folder. Raises ValueError, naming the file, when it is damaged."""
    table = _read(Path(folder) / f"{split}.parquet")
    return Split(_inputs(table), table["label"].to_numpy())


def read_unlabelled(folder: str | Path) -> list[Input]:
    """The inputs of a dataset's folder that only a teacher labels. Raises ValueError when the file is damaged."""
    return _inputs(_read(Path(folder) / "unlabelled.parquet", labelled=False))


def _inputs(table: pa.Table) -> list[Input]:
    """What the rows of a table hold beside their labels."""
    columns = [table[name].to_pylist() for name in ("image", "text", "text_pair") if name in table.column_names]
    return columns[0] if len(columns) == 1 else list(zip(*columns, strict=True))


def _read(path: Path, *, labelled: bool = True) -> pa.Table:
    """The whole table. Raises ValueError when the file is damaged or lacks a column."""
    try:
        table = pq.read_table(path)
        table.select(["image" if "image" in table.column_names else "text", *(["label"] if labelled else [])])
        return table
    except (OSError, KeyError, ValueError) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise ValueError(f"{path} is damaged ({error}): remove it and run `dvc repro` again") from error


def class_names(folder: str | Path) -> list[str]:
    """The names of a dataset's classes, by their number."""
    names: list[str] = read_json(Path(folder) / "card.json")["labels"]
    return names
