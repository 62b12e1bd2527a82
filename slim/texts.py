"""Reading the tables that `download` wrote."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from slim.files import read_json


@dataclass(frozen=True)
class Split:
    """Texts and their classes."""

    texts: list[str]
    labels: np.ndarray
    """[n], int64"""

    def head(self, count: int) -> "Split":
        """The first texts, at most `count`."""
        return Split(self.texts[:count], self.labels[:count])


def read_split(folder: str | Path, split: str) -> Split:
    """One split of a dataset's folder. Raises ValueError, naming the file, when it is damaged."""
    table = _read(Path(folder) / f"{split}.parquet", ["text", "label"])
    return Split(table["text"].to_pylist(), table["label"].to_numpy())


def read_unlabelled(folder: str | Path) -> list[str]:
    """The texts of a dataset's folder that only a teacher labels. Raises ValueError when the file is damaged."""
    texts: list[str] = _read(Path(folder) / "unlabelled.parquet", ["text"])["text"].to_pylist()
    return texts


def _read(path: Path, columns: list[str]) -> pa.Table:
    try:
        return pq.read_table(path, columns=columns)
    except (OSError, KeyError, ValueError) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise ValueError(f"{path} is damaged ({error}): remove it and run `dvc repro` again") from error


def class_names(folder: str | Path) -> list[str]:
    """The names of a dataset's classes, by their number."""
    names: list[str] = read_json(Path(folder) / "card.json")["labels"]
    return names
