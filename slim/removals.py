"""What fusions learn from: layers removed from layer subsets, and what each removal did to accuracy."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from slim.lattice import Lattice, layers_of, mask_of
from slim.options import Rows
from slim.orders import path, removal_order

Floats = NDArray[np.float64]
Pair = tuple[int, int]
"""The mask of the layers present, and the one of them that is removed."""

ROWS = get_args(Rows)
"""Which removals are learned from: those of the intact model, along every signal's path, or all measured."""


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
    """How many distinct subsets had to be measured."""


def removals(signals: Floats, lattice: Lattice, rows: str) -> Removals:
    """Removals of `rows` kind, of signals [L, S] (larger = keep), with their change of validation accuracy.

    Groups are the layers present; with leave_one_out, where these are always the same, every row is a group.
    Raises ValueError for an unknown kind, signals that do not fit the lattice, or a subset it has not measured.
    """
    check(signals, lattice)
    pairs = _pairs(signals, lattice, rows)
    if not pairs:
        raise ValueError(f"rows '{rows}' found no removal to learn from: at least two layers are needed")
    features = {mask: standardised(signals, layers_of(mask)) for mask, _ in pairs}
    return Removals(
        features=np.array([features[mask][layers_of(mask).index(layer)] for mask, layer in pairs]),
        target=np.array([_change(lattice, mask, layer) for mask, layer in pairs]),
        groups=np.array([layer if rows == "leave_one_out" else mask for mask, layer in pairs], dtype=np.int64),
        evaluations=len({m for mask, layer in pairs for m in (mask, mask ^ 1 << layer)}),
    )


def check(signals: Floats, lattice: Lattice) -> None:
    """Raises ValueError unless the signals are finite and have one row a layer of the lattice."""
    if signals.ndim != 2 or len(signals) != lattice.layers:
        raise ValueError(f"signals must be [{lattice.layers} layers, signals], got the shape {signals.shape}")
    if not np.isfinite(signals).all():
        raise ValueError("signals must be finite numbers")


def standardised(signals: Floats, present: Iterable[int]) -> Floats:
    """Signals [L, S] of the layers present, as deviations from their mean in standard deviations. [present, S].

    A signal that is the same in all layers present is 0.
    """
    values = signals[list(present)]
    flat = values.max(axis=0) == values.min(axis=0)
    deviation = np.where(flat, 0.0, values - values.mean(axis=0))
    scored: Floats = deviation / np.where(flat, 1.0, values.std(axis=0))
    return scored


def _change(lattice: Lattice, mask: int, layer: int) -> float:
    """Validation accuracy without the layer minus that with it."""
    return lattice.accuracy(mask ^ 1 << layer, "validation") - lattice.accuracy(mask, "validation")


def _pairs(signals: Floats, lattice: Lattice, rows: str) -> list[Pair]:
    """The removals of a kind, each once, in a fixed order."""
    if rows == "leave_one_out":
        return [(lattice.full, layer) for layer in range(lattice.layers)] if lattice.layers > 1 else []
    if rows == "trajectories":
        return sorted({pair for signal in signals.T for pair in _along(removal_order(signal, "low"))})
    if rows == "lattice":
        return [pair for mask in map(int, lattice.subsets) for pair in _measured(lattice, mask)]
    raise ValueError(f"unknown rows '{rows}': choose from {', '.join(ROWS)}")


def _along(order: list[int]) -> list[Pair]:
    """The removals that lead from the intact model down to one layer."""
    return [(mask_of(kept), layer) for kept, layer in zip(path(order)[:-1], order, strict=False)]


def _measured(lattice: Lattice, mask: int) -> list[Pair]:
    """The removals from a subset of two layers or more whose result was measured too."""
    if mask.bit_count() < 2:
        return []
    return [(mask, layer) for layer in layers_of(mask) if mask ^ 1 << layer in lattice.row]
