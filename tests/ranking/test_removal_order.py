"""Orders, paths and walks: a score for the layers present decides each removal; one-shot is the case where scores
never change."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from slim.ranking.removal_order import keep_scores, path, removal_order, walk
from slim.subsets.lattice import layers_of, mask_of

scores = some.lists(some.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=12)
ends = some.sampled_from(["low", "high"])


@given(scores, ends)
def test_an_order_is_a_permutation_from_the_chosen_end(values, prune_first):
    order = removal_order(values, prune_first)
    assert sorted(order) == list(range(len(values)))
    ordered = [values[layer] for layer in order]
    assert ordered == sorted(values, reverse=prune_first == "high")
    assert order == removal_order(keep_scores(values, prune_first), "low")
    assert all(a > b for a, b in pairwise(order) if values[a] == values[b])


@given(scores)
def test_a_path_drops_one_layer_at_a_time_down_to_one(values):
    steps = path(removal_order(values, "low"))
    assert [len(kept) for kept in steps] == list(range(len(values), 0, -1))
    assert steps[0] == list(range(len(values)))
    assert all(set(after) < set(before) and after == sorted(after) for before, after in pairwise(steps))


def test_orders_in_three_layers():
    assert removal_order([2.0, 1.0, 3.0], "low") == [1, 0, 2]
    assert removal_order([2.0, 1.0, 3.0], "high") == [2, 0, 1]
    assert removal_order([1.0, 1.0, 1.0], "high") == [2, 1, 0]
    assert path([1, 0, 2]) == [[0, 1, 2], [0, 2], [2]]


def test_scores_that_order_nothing_are_refused():
    for bad in (np.nan, np.inf, -np.inf):
        with pytest.raises(ValueError, match="layer 1 has no finite score"):
            removal_order([0.0, bad, 1.0], "low")
    with pytest.raises(ValueError, match="'low' or 'high'"):
        removal_order([0.0], "last")
    with pytest.raises(ValueError, match="one score a layer"):
        removal_order([[0.0]], "low")


@given(some.lists(some.integers(0, 3), min_size=1, max_size=8))
def test_a_walk_by_scores_that_stay_the_same_is_the_path_of_the_order(values):
    scores = np.array(values, np.float64)
    assert walk(len(values), lambda mask: scores[layers_of(mask)]) == path(removal_order(scores, "low"))


def test_a_walk_asks_again_at_every_set_and_never_for_a_single_layer():
    scores = {0b111: [3.0, 1.0, 2.0], 0b101: [0.0, 9.0]}  # one shot would keep 0 last
    assert walk(3, lambda mask: np.array(scores[mask])) == [[0, 1, 2], [0, 2], [2]]
    assert walk(1, lambda mask: np.array([])) == [[0]]


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
