"""Walks: a score for the layers present decides each removal; one-shot is the case where scores never change."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from slim.lattice import layers_of, mask_of
from slim.orders import path, removal_order, walk

scores = some.lists(some.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=12)


@given(scores)
def test_with_scores_that_never_change_a_walk_is_the_path_of_their_order(values):
    found = walk(len(values), lambda mask: np.array(values)[layers_of(mask)])
    assert found == path(removal_order(values, "low"))


@given(some.integers(1, 7), some.integers(0, 2**32), some.integers(1, 4))
def test_a_walk_removes_the_worst_layer_there_and_of_equals_the_deeper(layers, seed, levels):
    """Few levels of score, drawn anew for every set: ties are many, and no score holds for two sets."""
    drawn = {mask: np.random.default_rng([seed, mask]).integers(0, levels, layers) for mask in range(1, 1 << layers)}
    asked = []

    def at(mask: int) -> np.ndarray:
        asked.append(mask)
        return drawn[mask][layers_of(mask)].astype(float)

    expected = [set(range(layers))]
    while len(expected[-1]) > 1:
        there = drawn[mask_of(tuple(expected[-1]))]
        worst = [layer for layer in expected[-1] if there[layer] == min(there[list(expected[-1])])]
        expected.append(expected[-1] - {max(worst)})
    assert walk(layers, at) == [sorted(kept) for kept in expected]
    assert asked == [mask_of(tuple(kept)) for kept in expected[:-1]]


def test_a_walk_refuses_scores_that_do_not_fit_the_layers_present():
    with pytest.raises(ValueError, match=r"3 layers are present, but 2 have a score"):
        walk(3, lambda mask: np.zeros(2))
    with pytest.raises(ValueError, match="no finite score"):
        walk(2, lambda mask: np.array([0.0, np.nan]))
