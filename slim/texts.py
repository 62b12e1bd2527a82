"""Reading the tables that `download` wrote."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
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
    path = Path(folder) / f"{split}.parquet"
    try:
        table = pq.read_table(path, columns=["text", "label"])
    except (OSError, KeyError, ValueError) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise ValueError(f"{path} is damaged ({error}): remove it and run `dvc repro` again") from error
    return Split(table["text"].to_pylist(), table["label"].to_numpy())


def class_names(folder: str | Path) -> list[str]:
    """The names of a dataset's classes, by their number."""
    names: list[str] = read_json(Path(folder) / "card.json")["labels"]
    return names
