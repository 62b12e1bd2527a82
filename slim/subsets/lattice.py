"""What a model predicts with every measured subset of its layers.

A subset is written as an integer mask: bit l is set when layer l stays.
"""

from dataclasses import dataclass
from functools import cached_property
from math import comb
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from slim.utils.io import read_arrays, write_arrays

SplitName = Literal["validation", "test"]
SPLITS: tuple[SplitName, ...] = ("validation", "test")
"""The splits that every subset is measured on; choices are made on validation alone."""


def mask_of(kept: list[int] | tuple[int, ...]) -> int:
    """The mask of a collection of retained layers."""
    return sum(1 << layer for layer in set(kept))


def layers_of(mask: int) -> list[int]:
    """The retained layers of a mask, lowest first."""
    return [layer for layer in range(mask.bit_length()) if mask >> layer & 1]


@dataclass(frozen=True)
class Lattice:
    """Predictions and losses of S layer subsets on the validation and the test split."""

    layers: int
    """L, the number of layers of the intact model."""
    subsets: NDArray[np.int64]
    """[S]: masks, in increasing order."""
    labels: dict[str, NDArray[np.int64]]
    """split -> [n]: true classes."""
    predictions: dict[str, NDArray[np.int16]]
    """split -> [S, n]: predicted classes."""
    losses: dict[str, NDArray[np.float64]]
    """split -> [S]: mean cross-entropy in nats."""

    @property
    def full(self) -> int:
        """The mask of the intact model."""
        return (1 << self.layers) - 1

    @cached_property
    def row(self) -> dict[int, int]:
        """mask -> its row in the arrays."""
        return {int(mask): row for row, mask in enumerate(self.subsets)}

    @cached_property
    def _accuracies(self) -> dict[str, NDArray[np.float64]]:
        return {split: (p == self.labels[split]).mean(axis=1) for split, p in self.predictions.items()}

    def _row(self, mask: int) -> int:
        if mask not in self.row:
            raise ValueError(
                f"the lattice has not measured the subset {layers_of(mask)}: raise ablate.max_subsets "
                f"or ask for it in ablate.subsets"
            )
        return self.row[mask]

    def accuracy(self, mask: int, split: SplitName) -> float:
        """Accuracy of one subset. Raises ValueError when it was not measured."""
        return float(self._accuracies[split][self._row(mask)])

    def loss(self, mask: int, split: SplitName) -> float:
        """Mean cross-entropy, in nats, of one subset. Raises ValueError when it was not measured."""
        return float(self.losses[split][self._row(mask)])

    def correct(self, mask: int, split: SplitName) -> NDArray[np.bool_]:
        """[n]: which items one subset gets right. Raises ValueError when it was not measured."""
        right: NDArray[np.bool_] = self.predictions[split][self._row(mask)] == self.labels[split]
        return right

    def of_size(self, size: int) -> list[int]:
        """The measured subsets that keep `size` layers, in increasing order of mask."""
        return [int(mask) for mask in self.subsets if int(mask).bit_count() == size]

    def save(self, path: str | Path) -> None:
        """Write one .npz file."""
        arrays = {"layers": np.array(self.layers), "subsets": self.subsets}
        for split in self.labels:
            arrays[f"{split}_labels"] = self.labels[split]
            arrays[f"{split}_predictions"] = self.predictions[split]
            arrays[f"{split}_losses"] = self.losses[split]
        write_arrays(arrays, path)

    @classmethod
    def load(cls, path: str | Path) -> "Lattice":
        """Read the file that `save` wrote. Raises ValueError when it is damaged."""
        arrays = read_arrays(path)
        return cls(
            layers=int(arrays["layers"]),
            subsets=arrays["subsets"],
            labels={s: arrays[f"{s}_labels"] for s in SPLITS},
            predictions={s: arrays[f"{s}_predictions"] for s in SPLITS},
            losses={s: arrays[f"{s}_losses"] for s in SPLITS},
        )


def exhaustive(lattice: Lattice, size: int) -> bool:
    """Whether every subset that keeps `size` layers was measured."""
    return len(lattice.of_size(size)) == comb(lattice.layers, size)


def oracle(lattice: Lattice, size: int, split: SplitName) -> int:
    """The most accurate subset that keeps `size` layers; ties go to the lower loss, then to the smaller mask."""
    return min(
        lattice.of_size(size), key=lambda mask: (-lattice.accuracy(mask, split), lattice.loss(mask, split), mask)
    )
