"""What a model predicts with every measured subset of its layers.

A subset is written as an integer mask: bit l is set when layer l stays.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import comb
from pathlib import Path
from typing import Any, Literal

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


def masks_of(paths: Iterable[Iterable[list[int]]]) -> set[int]:
    """The masks on some paths, lists of retained layers."""
    return {mask_of(kept) for path in paths for kept in path}


def smaller(mask: int) -> list[int]:
    """The subsets with one layer less."""
    return [mask ^ 1 << layer for layer in layers_of(mask)]


def random_orders(layers: int, count: int, seed: int) -> NDArray[np.int64]:
    """[count, layers]: random orders of the layers; more of them with the same seed begin with the same.

    By the raw bits of PCG64, which are the same in every version of NumPy.
    """
    return np.argsort(np.random.PCG64(seed).random_raw((count, layers)), axis=1, kind="stable")


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
                f"the lattice has not measured the subset {layers_of(mask)}: raise ablate.max_subsets, or recover.sets"
                f" and recover.sizes if this is a recovery"
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

    def subset(self, mask: int) -> dict[str, NDArray[Any]]:
        """What was measured of one subset: `<split>_predictions` [n] and `<split>_loss` []."""
        row = self._row(mask)
        predictions = {f"{split}_predictions": of[row] for split, of in self.predictions.items()}
        return predictions | {f"{split}_loss": np.array(of[row]) for split, of in self.losses.items()}

    @classmethod
    def of_subsets(
        cls, layers: int, labels: dict[str, NDArray[np.int64]], measured: Mapping[int, Mapping[str, NDArray[Any]]]
    ) -> "Lattice":
        """The lattice of what was `measured` of each subset, mask -> what `subset` returns."""
        results = [measured[mask] for mask in sorted(measured)]
        return cls(
            layers=layers,
            subsets=np.array(sorted(measured), np.int64),
            labels=labels,
            predictions={split: np.stack([result[f"{split}_predictions"] for result in results]) for split in labels},
            losses={split: np.array([float(result[f"{split}_loss"]) for result in results]) for split in labels},
        )

    def only(self, masks: Iterable[int]) -> "Lattice":
        """The lattice of some of the subsets. Raises ValueError when one was not measured."""
        return self.of_subsets(self.layers, self.labels, {mask: self.subset(mask) for mask in masks})

    def completed(self, masks: Iterable[int], measure: Callable[[list[int]], "Lattice"]) -> "Lattice":
        """The lattice with these subsets too; `measure` is called with those that it lacks, if any."""
        lacking = sorted(set(masks) - self.row.keys())
        if not lacking:
            return self
        both = (self, measure(lacking))
        return self.of_subsets(self.layers, self.labels, {mask: of.subset(mask) for of in both for mask in of.row})

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


def complete(lattice: Lattice) -> bool:
    """Whether all 2^L subsets were measured, the empty one among them."""
    return len(lattice.row) == 1 << lattice.layers


def best_first(lattice: Lattice, masks: Iterable[int], split: SplitName) -> list[int]:
    """Subsets, the most accurate first; ties go to the lower loss, then to the smaller mask."""
    return sorted(masks, key=lambda mask: (-lattice.accuracy(mask, split), lattice.loss(mask, split), mask))


def oracle(lattice: Lattice, size: int, split: SplitName) -> int:
    """The best subset that keeps `size` layers, as in `best_first`, of those that were measured."""
    return best_first(lattice, lattice.of_size(size), split)[0]
