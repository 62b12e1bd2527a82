"""Runs with planted truths."""

import pytest

from tests.study.planted import DOWN, UP, a_run, additive


@pytest.fixture
def planted():
    """After `long` the deep layers matter, which a signal knows; without training the low ones do."""
    signals = {"gradient_fisher": UP, "weight_entropy": [1.0] * 6}
    return a_run(additive(DOWN), {"short": additive(DOWN), "long": additive(UP)}, signals)


@pytest.fixture
def pair():
    """Two datasets in which recovery favours opposite ends, though their signals are the same."""
    controls = {name: {"scores": [[0.0] * 4], "paths": [[[0, 1, 2, 3], [0, 1, 2], [0, 1], [0]]]}
                for name in ("random", "every_other", "top_first")}  # fmt: skip
    signals = {"gradient_fisher": [1.0, 2.0, 3.0, 4.0], "weight_entropy": [2.0, 1.0, 4.0, 3.0]} | controls
    worth = {"a": UP[:4], "b": UP[:4][::-1]}
    return [
        a_run(additive(UP[:4]), {"long": additive(of)}, signals, dataset=name, layers=4) for name, of in worth.items()
    ]
