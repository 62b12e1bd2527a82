"""Shapley values against brute force over orders, and the axioms that define them."""

from itertools import permutations
from math import factorial
from time import perf_counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from slim.subsets.lattice import complete, mask_of
from slim.subsets.shapley import shapley, values_of
from tests import builders

LAYERS = st.integers(1, 4)


def games(layers: int) -> st.SearchStrategy[np.ndarray]:
    return arrays(np.float64, 1 << layers, elements=st.floats(-1, 1))


def by_orders(values: np.ndarray) -> np.ndarray:
    """The definition: what a layer adds, averaged over all orders of arrival."""
    layers = len(values).bit_length() - 1
    found = np.zeros(layers)
    for order in permutations(range(layers)):
        for place, layer in enumerate(order):
            found[layer] += values[mask_of(order[: place + 1])] - values[mask_of(order[:place])]
    return found / factorial(layers)


@given(LAYERS.flatmap(games))
def test_it_is_the_mean_over_all_orders(values):
    assert shapley(values) == pytest.approx(by_orders(values), abs=1e-12)


@given(st.integers(1, 8).flatmap(games))
def test_the_values_share_out_everything(values):
    assert shapley(values).sum() == pytest.approx(values[-1] - values[0], abs=1e-9)


@given(st.integers(2, 5).flatmap(games), st.data())
def test_layers_that_do_the_same_are_worth_the_same(values, data):
    layers = len(values).bit_length() - 1
    i, j = data.draw(st.permutations(range(layers)))[:2]
    swapped = [mask ^ (1 << i | 1 << j) if (mask >> i ^ mask >> j) & 1 else mask for mask in range(1 << layers)]
    symmetric = (values + values[swapped]) / 2
    assert shapley(symmetric)[i] == pytest.approx(shapley(symmetric)[j], abs=1e-12)


@given(st.integers(2, 5).flatmap(games), st.floats(-1, 1), st.data())
def test_a_layer_that_always_adds_the_same_is_worth_that(values, worth, data):
    layers = len(values).bit_length() - 1
    layer = data.draw(st.integers(0, layers - 1))
    masks = np.arange(1 << layers)
    values = values[masks & ~(1 << layer)] + worth * (masks >> layer & 1)
    assert shapley(values)[layer] == pytest.approx(worth, abs=1e-12)


@given(st.integers(1, 5).flatmap(lambda layers: st.tuples(games(layers), games(layers))), st.floats(-2, 2))
def test_the_values_of_a_sum_are_the_sum_of_the_values(two, scale):
    first, second = two
    assert shapley(first + scale * second) == pytest.approx(shapley(first) + scale * shapley(second), abs=1e-9)


def test_a_pair_that_only_counts_together():
    """Worth 1 once both 0 and 2 stay: a half each."""
    values = np.array([float(mask & 0b101 == 0b101) for mask in range(8)])
    assert shapley(values) == pytest.approx([0.5, 0, 0.5])


def test_twelve_layers_take_less_than_a_second():
    values = np.random.default_rng(0).random(1 << 12)
    start = perf_counter()
    shapley(values)
    assert perf_counter() - start < 1


def test_the_values_are_the_lattices_accuracies():
    masks = list(range(16))
    lattice = builders.lattice(4, masks=masks, test_accuracy_of=lambda mask: mask / 20)
    assert complete(lattice)
    assert values_of(lattice, "test") == pytest.approx(np.arange(16) / 20)
    assert values_of(lattice, "validation").tolist() == [lattice.accuracy(mask, "validation") for mask in masks]
    assert not complete(builders.lattice(4))  # the empty subset was not measured
    with pytest.raises(ValueError, match="not measured"):
        values_of(builders.lattice(4), "test")


@pytest.mark.parametrize("values", [np.zeros(3), np.zeros(1), np.zeros((2, 2)), np.zeros(0)])
def test_anything_but_all_subsets_is_refused(values):
    with pytest.raises(ValueError, match=r"2\^L subsets"):
        shapley(values)
