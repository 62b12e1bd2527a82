"""What fusions learn from: layers removed from layer subsets, and what each removal did to accuracy."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from slim.ranking.cases import Case, Unmeasured
from slim.ranking.removal_order import walk
from slim.subsets.lattice import Lattice, layers_of, mask_of
from slim.utils.option_types import Rows

Floats = NDArray[np.float64]
Pair = tuple[int, int]
"""The mask of the layers present, and the one of them that is removed."""

ROWS = get_args(Rows)
"""Which removals are learned from: those of the intact model, along every signal's path, all measured, or all measured
on every other dataset."""


@dataclass(frozen=True)
class Removals:
    """One row a removal: the removed layer's signals and the change of validation accuracy."""

    features: Floats
    """[rows, S]: signals of the removed layer, standardised over the layers present."""
    target: Floats
    """[rows]: validation accuracy after minus before; negative = harm."""
    groups: NDArray[np.int64]
    """[rows]: rows of one group are never split between training and held-out rows."""
    evaluations: int
    """How many distinct subsets of this dataset had to be measured."""


def removals(case: Case, rows: str, *, sample: int | None = None, seed: int = 0) -> Removals:
    """Removals of `rows` kind with their change of validation accuracy, of those whose two subsets were measured.

    `sample`: of `lattice` and `other_datasets`, take so many a dataset, drawn by `seed` (all, if there are no more).
    Groups are the layers present; with leave_one_out, where these are always the same, every row is a group; with
    other_datasets a dataset is one. Raises ValueError for an unknown kind or signals that do not fit the lattice;
    Unmeasured when no removal is left, or the schedule is iterative and signals were not measured again.
    """
    if rows == "other_datasets":
        return _of_others(case, sample, seed)
    check(case)
    pairs = [pair for pair in _pairs(case, rows) if _measured(case.lattice, *pair)]
    if not pairs:
        raise Unmeasured(
            f"rows '{rows}' found no removal to learn from: it takes two layers or more, measured with and without "
            f"one of them (raise ablate.max_subsets, or recover.sizes where fuse.target is a recovery)"
        )
    pairs = _sampled(pairs, sample, np.random.default_rng(seed)) if rows == "lattice" else pairs
    return Removals(
        features=_features(case, pairs),
        target=_target(case.lattice, pairs),
        groups=np.array([layer if rows == "leave_one_out" else mask for mask, layer in pairs], dtype=np.int64),
        evaluations=len({m for mask, layer in pairs for m in (mask, mask ^ 1 << layer)}),
    )


def check(case: Case) -> None:
    """Raises ValueError unless the signals are finite and have one row a layer of the lattice."""
    signals, layers = case.signals, case.lattice.layers
    if signals.ndim != 2 or len(signals) != layers:
        raise ValueError(f"signals must be [{layers} layers, signals], got the shape {signals.shape}")
    if not np.isfinite(signals).all():
        raise ValueError("signals must be finite numbers")


def standardised(signals: Floats) -> Floats:
    """Signals [present, S] as deviations from their mean over the layers, in standard deviations. [present, S].

    A signal that is the same in all layers is 0.
    """
    flat = signals.max(axis=0) == signals.min(axis=0)
    deviation = np.where(flat, 0.0, signals - signals.mean(axis=0))
    scored: Floats = deviation / np.where(flat, 1.0, signals.std(axis=0))
    return scored


def _of_others(case: Case, sample: int | None, seed: int) -> Removals:
    """All measured removals, or a sample, of every other dataset: nothing of this one."""
    if not case.others:
        raise Unmeasured("other_datasets needs a second dataset in grid.datasets")
    drawn = [removals(other, "lattice", sample=sample, seed=seed + i) for i, other in enumerate(case.others)]
    return Removals(
        features=np.concatenate([data.features for data in drawn]),
        target=np.concatenate([data.target for data in drawn]),
        groups=np.repeat(np.arange(len(drawn)), [len(data.target) for data in drawn]),
        evaluations=0,
    )


def _pairs(case: Case, rows: str) -> list[Pair]:
    """The removals of a kind that leave a layer, each once, in a fixed order, measured or not."""
    lattice = case.lattice
    if rows == "leave_one_out":
        return [(lattice.full, layer) for layer in range(lattice.layers)]
    if rows == "trajectories":
        return sorted({pair for signal in range(case.signals.shape[1]) for pair in _along(case, signal)})
    if rows == "lattice":
        return [(mask, layer) for mask in map(int, lattice.subsets) for layer in layers_of(mask)]
    raise ValueError(f"unknown rows '{rows}': choose from {', '.join(ROWS)}")


def _along(case: Case, signal: int) -> Iterator[Pair]:
    """The removals that one signal alone leads through, from the intact model down to one layer."""
    path = walk(case.lattice.layers, lambda mask: case.signals_of(mask)[:, signal])
    for before, after in pairwise(path):
        yield mask_of(before), (set(before) - set(after)).pop()


def _measured(lattice: Lattice, mask: int, layer: int) -> bool:
    """Whether a removal leaves a layer, and both its subsets were measured."""
    return mask != 1 << layer and mask in lattice.row and mask ^ 1 << layer in lattice.row


def _sampled(pairs: list[Pair], sample: int | None, rng: np.random.Generator) -> list[Pair]:
    """So many of the pairs, drawn without replacement, in their order."""
    if sample is None or sample >= len(pairs):
        return pairs
    return [pairs[i] for i in sorted(rng.choice(len(pairs), sample, replace=False).tolist())]


def _features(case: Case, pairs: list[Pair]) -> Floats:
    """[pairs, S]: signals of the removed layers, standardised over the layers present."""
    present = {mask: standardised(case.signals_of(mask)) for mask in {mask for mask, _ in pairs}}
    return np.array([present[mask][layers_of(mask).index(layer)] for mask, layer in pairs])


def _target(lattice: Lattice, pairs: list[Pair]) -> Floats:
    """[pairs]: validation accuracy without the layer minus that with it."""
    after = np.array([lattice.accuracy(mask ^ 1 << layer, "validation") for mask, layer in pairs])
    return after - np.array([lattice.accuracy(mask, "validation") for mask, _ in pairs])
