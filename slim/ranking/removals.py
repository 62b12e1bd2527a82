"""What fusions learn from: layers removed from layer subsets, and what each removal did to accuracy."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from slim.ranking.fusion_input import FusionInput, NotMeasuredError
from slim.ranking.removal_order import walk
from slim.subsets.lattice import Lattice, layers_of, mask_of
from slim.utils.option_types import TrainingRows

Floats = NDArray[np.float64]
Pair = tuple[int, int]
"""The mask of the layers present, and the one of them that is removed."""

ROWS = get_args(TrainingRows)


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
    """The number of distinct subsets of this dataset that had to be measured."""


def removals(inputs: FusionInput, rows: str, *, sample: int | None = None, seed: int = 0) -> Removals:
    """The removals of kind `rows` whose two subsets were measured, with their change of validation accuracy.

    `sample`: the number of removals of each dataset, drawn with `seed`, where `rows` is lattice or other_datasets
    (all, if there are no more). Groups are the layers present; with leave_one_out, where these are always the same,
    every row is a group; with other_datasets a dataset is one. Raises ValueError for an unknown kind or signals that
    do not fit the lattice; NotMeasuredError when no removal is left, or signals of a subset were not measured.
    """
    if rows == "other_datasets":
        return _of_others(inputs, sample, seed)
    check_signals(inputs)
    pairs = [pair for pair in _pairs(inputs, rows) if _measured(inputs.lattice, *pair)]
    if not pairs:
        raise NotMeasuredError(
            f"rows '{rows}' has no removal to learn from: it takes two layers or more, measured with and without "
            f"one of them (raise ablate.max_subsets, or recover.sizes where fuse.target is a recovery)"
        )
    pairs = _sampled(pairs, sample, np.random.default_rng(seed)) if rows == "lattice" else pairs
    return Removals(
        features=_features(inputs, pairs),
        target=_target(inputs.lattice, pairs),
        groups=np.array([layer if rows == "leave_one_out" else mask for mask, layer in pairs], dtype=np.int64),
        evaluations=len({m for mask, layer in pairs for m in (mask, mask ^ 1 << layer)}),
    )


def check_signals(inputs: FusionInput) -> None:
    """Raises ValueError unless the signals are finite, [L, S], and have S names."""
    signals, layers = inputs.signals, inputs.lattice.layers
    if signals.ndim != 2 or len(signals) != layers:
        raise ValueError(f"signals must be [{layers} layers, signals], got the shape {signals.shape}")
    if signals.shape[1] != len(inputs.names):
        raise ValueError(f"{len(inputs.names)} names for {signals.shape[1]} signals")
    if not np.isfinite(signals).all():
        raise ValueError("signals must be finite numbers")


def standardised(signals: Floats) -> Floats:
    """Signals [present, S] as deviations from their mean over the layers, in standard deviations. [present, S].

    A signal that is the same in all layers is 0.
    """
    # Not StandardScaler, which leaves rounding errors where all values are equal.
    constant = signals.max(axis=0) == signals.min(axis=0)
    deviation = np.where(constant, 0.0, signals - signals.mean(axis=0))
    return deviation / np.where(constant, 1.0, signals.std(axis=0))


def _of_others(inputs: FusionInput, sample: int | None, seed: int) -> Removals:
    """All measured removals, or a sample, of every other dataset: nothing of this one."""
    if not inputs.others:
        raise NotMeasuredError("other_datasets needs a second dataset in grid.datasets")
    drawn = [removals(other, "lattice", sample=sample, seed=seed + i) for i, other in enumerate(inputs.others)]
    return Removals(
        features=np.concatenate([data.features for data in drawn]),
        target=np.concatenate([data.target for data in drawn]),
        groups=np.repeat(np.arange(len(drawn)), [len(data.target) for data in drawn]),
        evaluations=0,
    )


def _pairs(inputs: FusionInput, rows: str) -> list[Pair]:
    """The removals of a kind that leave a layer, each once, in a fixed order, measured or not."""
    lattice = inputs.lattice
    if rows == "leave_one_out":
        return [(lattice.full, layer) for layer in range(lattice.layers)]
    if rows == "trajectories":
        return sorted({pair for signal in range(inputs.signals.shape[1]) for pair in _trajectory(inputs, signal)})
    if rows == "lattice":
        return [(mask, layer) for mask in map(int, lattice.subsets) for layer in layers_of(mask)]
    raise ValueError(f"unknown rows '{rows}': choose from {', '.join(ROWS)}")


def _trajectory(inputs: FusionInput, signal: int) -> Iterator[Pair]:
    """The removals on the path of one signal, from the intact model down to one layer."""
    path = walk(inputs.lattice.layers, lambda mask: inputs.signals_of(mask)[:, signal])
    for before, after in pairwise(path):
        yield mask_of(before), (set(before) - set(after)).pop()


def _measured(lattice: Lattice, mask: int, layer: int) -> bool:
    """Whether a removal leaves a layer, and both its subsets were measured."""
    return mask != 1 << layer and mask in lattice.row and mask ^ 1 << layer in lattice.row


def _sampled(pairs: list[Pair], sample: int | None, rng: np.random.Generator) -> list[Pair]:
    """`sample` of the pairs, drawn without replacement, in their order."""
    if sample is None or sample >= len(pairs):
        return pairs
    return [pairs[i] for i in sorted(rng.choice(len(pairs), sample, replace=False).tolist())]


def _features(inputs: FusionInput, pairs: list[Pair]) -> Floats:
    """[pairs, S]: signals of the removed layers, standardised over the layers present."""
    present = {mask: standardised(inputs.signals_of(mask)) for mask in {mask for mask, _ in pairs}}
    return np.array([present[mask][layers_of(mask).index(layer)] for mask, layer in pairs])


def _target(lattice: Lattice, pairs: list[Pair]) -> Floats:
    """[pairs]: validation accuracy without the layer minus that with it."""
    after = np.array([lattice.accuracy(mask ^ 1 << layer, "validation") for mask, layer in pairs])
    return after - np.array([lattice.accuracy(mask, "validation") for mask, _ in pairs])
