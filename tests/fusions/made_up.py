"""Made-up cases for fusions, and fusions called by name."""

from dataclasses import replace

import numpy as np

from slim.ranking.cases import Case
from slim.ranking.fusions._fused import Fused
from slim.subsets.lattice import Lattice, layers_of
from slim.utils.registry import find
from tests.builders import lattice

LEARNED = ("gradient_boosting", "linear_regression", "random_forest", "ridge")
LINES = ("linear_regression", "ridge")


def noise(layers: int = 4, count: int = 3, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(layers, count))


def called(count: int) -> list[str]:
    return [f"signal_{i}" for i in range(count)]


def case(signals: np.ndarray | None = None, found: Lattice | None = None, **more) -> Case:
    """A run of one dataset: noise and a lattice drawn by chance, unless given."""
    signals = noise() if signals is None else signals
    return Case(**{"names": called(signals.shape[1]), "signals": signals, "lattice": found or lattice(), **more})


def combined(name: str, one: Case, **options) -> Fused:
    return find("ranking/fusions", name)(one, **options)


def weights(name: str, found: Fused) -> dict[str, float]:
    return found.fit["coefficients" if name in LINES else "importances"]


def another_test(found: Lattice) -> Lattice:
    """The same lattice with a test split on which whatever was best is worst."""
    return replace(
        found,
        labels={**found.labels, "test": 1 - found.labels["test"]},
        losses={**found.losses, "test": -found.losses["test"]},
    )


WORTH = np.array([0.02, 0.16, 0.08, 0.13, 0.05, 0.1])
"""What each layer adds to the accuracy of `additive`."""


def additive(worth: np.ndarray = WORTH) -> Lattice:
    return lattice(len(worth), lambda mask: 0.4 + sum(worth[layer] for layer in layers_of(mask)))


def planted(worth: np.ndarray = WORTH, seed: int = 0) -> np.ndarray:
    """The worth of each layer, then three signals that know nothing."""
    return np.column_stack([worth, noise(len(worth), seed=seed)])
