"""Reading the tables that `download` wrote."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from slim.files import read_json

Text: TypeAlias = str | tuple[str, str]
"""A text, or a pair of texts that belong together; all of a dataset are of one kind."""


@dataclass(frozen=True)
class Split:
    """Texts and their classes."""

    texts: Sequence[Text]
    labels: np.ndarray
    """[n], int64"""

    def head(self, count: int) -> "Split":
        """The first texts, at most `count`."""
        return Split(self.texts[:count], self.labels[:count])


def read_split(folder: str | Path, split: str) -> Split:
    """One split of a dataset's folder. Raises ValueError, naming the file, when it is damaged."""
    table = _read(Path(folder) / f"{split}.parquet", ["text", "label"])
    texts: list[Text] = table["text"].to_pylist()
    if "text_pair" in table.column_names:
        texts = list(zip(table["text"].to_pylist(), table["text_pair"].to_pylist(), strict=True))
    return Split(texts, table["label"].to_numpy())


def read_unlabelled(folder: str | Path) -> list[Text]:
    """The texts of a dataset's folder that only a teacher labels. Raises ValueError when the file is damaged."""
    texts: list[Text] = _read(Path(folder) / "unlabelled.parquet", ["text"])["text"].to_pylist()
    return texts


def _read(path: Path, columns: list[str]) -> pa.Table:
    """The whole table. Raises ValueError when the file is damaged or lacks one of the columns."""
    try:
        table = pq.read_table(path)
        table.select(columns)
        return table
    except (OSError, KeyError, ValueError) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise ValueError(f"{path} is damaged ({error}): remove it and run `dvc repro` again") from error


def class_names(folder: str | Path) -> list[str]:
    """The names of a dataset's classes, by their number."""
    names: list[str] = read_json(Path(folder) / "card.json")["labels"]
    return names
