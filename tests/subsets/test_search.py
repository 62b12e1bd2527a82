"""Searches without signals: against brute force, within their budget, and the same where two must agree."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from slim.subsets.lattice import Lattice, layers_of, mask_of, oracle
from slim.subsets.search import beam_search, greedy_search, random_search
from tests.builders import lattice, subsets
from tests.fusion_inputs import another_test

LAYERS = 5
SEARCHES = {
    "greedy": greedy_search,
    "beam": lambda found, budget: beam_search(found, 1 + budget % 7),
    "random": lambda found, budget: random_search(found, budget, 0),
}
some_lattices = some.builds(lattice, some.just(LAYERS), items=some.sampled_from([8, 1000]), seed=some.integers(0, 99))
budgets = some.integers(0, 40)


def deepest_first(layers: int = LAYERS) -> list[list[int]]:
    return [list(range(size)) for size in range(layers, 0, -1)]


def best_of(found: Lattice, masks: list[int]) -> list[int]:
    """The best on validation; then of lower loss; then of smaller mask."""
    accuracy, loss = found.accuracy, found.loss
    return layers_of(max(masks, key=lambda m: (accuracy(m, "validation"), -loss(m, "validation"), -m)))


class Watched:
    """A lattice that notes which subsets it was asked for."""

    def __init__(self, found: Lattice):
        self.found, self.asked = found, set()

    def __getattr__(self, name: str):
        return getattr(self.found, name)

    def accuracy(self, mask: int, split: str) -> float:
        self.asked.add(mask)
        return self.found.accuracy(mask, split)


@pytest.mark.parametrize("name", SEARCHES)
@settings(max_examples=25, deadline=None)
@given(found=some_lattices, budget=budgets)
def test_a_search_keeps_a_subset_of_each_size_and_counts_what_it_asks(name, found, budget):
    watched = Watched(found)
    path, used = SEARCHES[name](watched, budget)
    assert [len(kept) for kept in path] == [5, 4, 3, 2, 1]
    assert all(kept == sorted(set(kept)) and set(kept) <= set(range(LAYERS)) for kept in path)
    assert used == len(watched.asked)
    assert found.full not in watched.asked
    if name != "beam":
        assert used <= budget
    if name == "greedy":
        assert all(set(after) < set(before) for before, after in pairwise(path))
    assert SEARCHES[name](found, budget) == (path, used)


@pytest.mark.parametrize("name", SEARCHES)
def test_a_search_never_looks_at_the_test_split(name):
    found = lattice(LAYERS)
    assert SEARCHES[name](found, 12) == SEARCHES[name](another_test(found), 12)
    assert greedy_search(another_test(found), 12, "test") != greedy_search(found, 12, "test")


@pytest.mark.parametrize("name", SEARCHES)
def test_a_model_of_one_layer_has_nothing_to_search(name):
    assert SEARCHES[name](lattice(1), 5) == ([[0]], 0)


# --- greedy_search ---


def greedy_by_hand(found: Lattice, budget: int) -> tuple[list[list[int]], int]:
    """Rounds as long as they fit; then the order of the last round's measurements."""
    steps, used, order = [list(range(found.layers))], 0, list(range(found.layers))[::-1]
    while len(steps[-1]) > 1 and used + len(steps[-1]) <= budget:
        tried = {gone: mask_of([layer for layer in steps[-1] if layer != gone]) for gone in steps[-1]}
        left = dict(tried)
        order = []
        while left:
            best = mask_of(best_of(found, list(left.values())))
            order.append(next(gone for gone, mask in left.items() if mask == best))
            del left[order[-1]]
        used += len(tried)
        steps.append(layers_of(tried[order[0]]))
    for gone in [layer for layer in order if layer in steps[-1]][: len(steps[-1]) - 1]:
        steps.append([layer for layer in steps[-1] if layer != gone])
    return steps, used


@settings(max_examples=60, deadline=None)
@given(found=some_lattices, budget=budgets)
def test_greedy_stops_before_the_round_it_cannot_pay(found, budget):
    assert greedy_search(found, budget) == greedy_by_hand(found, budget)


@pytest.mark.parametrize(
    ("budget", "used"), [(0, 0), (4, 0), (5, 5), (8, 5), (9, 9), (12, 12), (13, 12), (14, 14), (99, 14), (None, 14)]
)
def test_greedy_pays_whole_rounds(budget, used):
    path, evaluations = greedy_search(lattice(LAYERS), budget)
    assert evaluations == used
    assert (path == deepest_first()) == (used == 0)


def test_greedy_with_one_round_is_the_leave_one_out_order():
    found = lattice(LAYERS)
    without = [found.accuracy(found.full ^ 1 << layer, "validation") for layer in range(LAYERS)]
    order = np.argsort(without)[::-1].tolist()
    assert greedy_search(found, LAYERS)[0] == [sorted(order[k:]) for k in range(LAYERS)]


def test_greedy_says_which_subset_is_missing():
    with pytest.raises(ValueError, match=r"not measured the subset \[1, 2\]"):
        greedy_search(lattice(3, masks=[0b111, 0b011, 0b101]), None)
    assert greedy_search(lattice(3, masks=[0b111]), 2) == (deepest_first(3), 0)


# --- beam_search ---


@settings(max_examples=30, deadline=None)
@given(found=some_lattices)
def test_a_narrow_beam_is_greedy_and_a_full_one_the_oracle(found):
    assert beam_search(found, 1) == greedy_search(found, None)
    best = [layers_of(oracle(found, size, "validation")) for size in range(LAYERS, 0, -1)]
    assert beam_search(found, 10) == (best, 2**LAYERS - 2)  # no size has more than 10 subsets


def test_a_beam_of_two_by_hand():
    """Greedy is caught in 0b0111 -> 0b0011; the second best of three, 0b1110, leads to the best of two."""
    worth = {0b1111: 0.9, 0b0111: 0.8, 0b1110: 0.7, 0b1011: 0.2, 0b1101: 0.1}
    worth |= {0b0011: 0.5, 0b0101: 0.4, 0b0110: 0.3, 0b1100: 0.6, 0b1010: 0.2, 0b1001: 0.9}
    worth |= {0b0001: 0.3, 0b0010: 0.1, 0b0100: 0.2, 0b1000: 0.15}
    found = lattice(4, worth.__getitem__)
    assert beam_search(found, 1)[0] == [[0, 1, 2, 3], [0, 1, 2], [0, 1], [0]]
    path, used = beam_search(found, 2)
    assert path == [[0, 1, 2, 3], [0, 1, 2], [2, 3], [0]]
    assert used == 4 + 5 + 4  # 0b1001 is never met; 0b0110 is met twice and measured once
    with pytest.raises(ValueError, match="width must be 1 or more, got 0"):
        beam_search(found, 0)


# --- random_search ---


@settings(max_examples=30, deadline=None)
@given(found=some_lattices, budget=budgets, seed=some.integers(0, 9))
def test_drawn_subsets_are_spread_evenly_and_the_best_of_each_size_stays(found, budget, seed):
    watched = Watched(found)
    path, used = random_search(watched, budget, seed)
    assert used == min(budget, 2**LAYERS - 2)
    by_size = {size: [mask for mask in watched.asked if mask.bit_count() == size] for size in range(4, 0, -1)}
    counts = [len(masks) for masks in by_size.values()]
    room = [5, 10, 10, 5]
    assert all(count in (few, few + 1) or count == most for count, most in zip(counts, room, strict=True)
               for few in [min([c for c, m in zip(counts, room, strict=True) if c < m], default=0)])  # fmt: skip
    assert counts[0] >= counts[3] and counts[1] >= counts[2]
    for size, kept in zip(by_size, path[1:], strict=True):
        assert kept == (best_of(found, by_size[size]) if by_size[size] else list(range(size)))


def test_all_subsets_drawn_are_the_oracle():
    found = lattice(LAYERS)
    best = [layers_of(oracle(found, size, "validation")) for size in range(LAYERS, 0, -1)]
    assert random_search(found, 30, 0) == random_search(found, 1000, 7) == (best, 30)


def test_a_larger_budget_draws_the_same_subsets_and_more():
    def asked(budget: int, seed: int = 0) -> set[int]:
        watched = Watched(lattice(LAYERS))
        random_search(watched, budget, seed)
        return watched.asked

    assert all(asked(few) < asked(few + 1) for few in range(30))
    assert asked(10, 1) != asked(10)


def test_only_measured_subsets_are_drawn():
    masks = [mask for mask in subsets(LAYERS) if mask.bit_count() < 3]
    path, used = random_search(lattice(LAYERS, masks=masks), 100, 0)
    assert used == 15
    assert path[:3] == deepest_first()[:3]
