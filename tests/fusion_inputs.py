"""Inputs for fusions, and fusions called by name."""

from dataclasses import replace
from typing import Any

import numpy as np

from slim.ranking.fusion import FusionResult
from slim.ranking.fusion_input import FusionInput
from slim.subsets.lattice import Lattice, layers_of
from slim.utils.registry import find
from tests.builders import lattice

LEARNED = ("gradient_boosting", "linear_regression", "random_forest", "ridge")
TREES = ("gradient_boosting", "random_forest")
LINES = ("linear_regression", "ridge")


def noise(layers: int = 4, count: int = 3, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(layers, count))


def signal_names(count: int) -> list[str]:
    return [f"signal_{i}" for i in range(count)]


def fusion_input(signals: np.ndarray | None = None, accuracies: Lattice | None = None, **more) -> FusionInput:
    """A run of one dataset: noise and a random lattice, unless given."""
    signals = noise() if signals is None else signals
    return FusionInput(
        **{"names": signal_names(signals.shape[1]), "signals": signals, "lattice": accuracies or lattice(), **more}
    )


def fuse(name: str, inputs: FusionInput, **options) -> FusionResult:
    """The result of a fusion; forests and boosting have few trees unless given, since each takes a millisecond."""
    few = {"n_estimators": 20} if name in TREES else {}
    return find("ranking/fusions", name)(inputs, **few | options)


def full_fit(result: FusionResult) -> dict[str, Any]:
    return result.fit | result.diagnostics()


def weights(name: str, result: FusionResult) -> dict[str, float]:
    return result.diagnostics()["coefficients" if name in LINES else "importances"]


def another_test(measured: Lattice) -> Lattice:
    """The same lattice with a test split on which whatever was best is worst."""
    return replace(
        measured,
        labels={**measured.labels, "test": 1 - measured.labels["test"]},
        losses={**measured.losses, "test": -measured.losses["test"]},
    )


WORTH = np.array([0.02, 0.16, 0.08, 0.13, 0.05, 0.1])
"""What each layer adds to the accuracy of `additive`."""


def additive(worth: np.ndarray = WORTH) -> Lattice:
    return lattice(len(worth), lambda mask: 0.4 + sum(worth[layer] for layer in layers_of(mask)))


def planted(worth: np.ndarray = WORTH, seed: int = 0) -> np.ndarray:
    """The worth of each layer, then three signals of noise."""
    return np.column_stack([worth, noise(len(worth), seed=seed)])
