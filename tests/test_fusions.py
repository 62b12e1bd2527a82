"""Orders, removals and every fusion: the promises of the family, then each against a planted or re-made answer."""

import json
from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy.stats import rankdata

from slim.family import find, names
from slim.lattice import Lattice, layers_of, mask_of
from slim.orders import keep_scores, path, removal_order
from slim.removals import ROWS, removals, standardised
from tests.builders import lattice, subsets

LEARNED = ("linear_regression", "random_forest")
NOT_NESTED = {"oracle"}
scores = some.lists(some.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=12)
ends = some.sampled_from(["low", "high"])


def noise(layers: int = 4, count: int = 3, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(layers, count))


def called(count: int) -> list[str]:
    return [f"signal_{i}" for i in range(count)]


# --- orders ---


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


# --- removals ---


def test_leave_one_out_has_a_row_and_a_group_a_layer():
    found = lattice()
    data = removals(noise(), found, "leave_one_out")
    intact = found.accuracy(0b1111, "validation")
    changes = [found.accuracy(0b1111 ^ 1 << layer, "validation") - intact for layer in range(4)]
    assert data.target == pytest.approx(changes)
    assert data.evaluations == 5
    assert len(set(data.groups.tolist())) == 4
    np.testing.assert_allclose(data.features, standardised(noise(), range(4)))


def test_trajectories_follow_every_signal_once():
    signals = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 5.0], [3.0, 4.0]])  # paths 0 1 2 and 0 1 3
    data = removals(signals, lattice(), "trajectories")
    assert data.groups.tolist() == [0b1100, 0b1100, 0b1110, 0b1111]
    assert data.evaluations == 5  # 1111, 1110, 1100, 1000, 0100
    assert removals(signals[:, [0, 0, 0]], lattice(), "trajectories").evaluations == 4


def test_lattice_rows_are_all_removals_that_leave_a_layer():
    data = removals(noise(), lattice(), "lattice")
    pairs = [(mask, layer) for mask in subsets(4) if mask.bit_count() > 1 for layer in layers_of(mask)]
    assert data.groups.tolist() == [mask for mask, _ in pairs]
    assert (len(data.target), data.evaluations) == (28, 15)
    some_only = lattice(masks=[0b1111, 0b1110, 0b0111, 0b0001])
    assert removals(noise(), some_only, "lattice").groups.tolist() == [0b1111, 0b1111]


def test_features_are_standardised_over_the_layers_present():
    signals = noise(5, 4)
    signals[:, 3] = 0.1
    present = standardised(signals, [0, 2, 4])
    assert present[:, :3].mean(axis=0) == pytest.approx(0)
    assert present[:, :3].std(axis=0) == pytest.approx(1)
    assert (present[:, 3] == 0).all()
    np.testing.assert_allclose(present[:, :3], standardised(7 * signals - 3, [0, 2, 4])[:, :3])


def test_signals_and_rows_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="unknown rows 'all'"):
        removals(noise(), lattice(), "all")
    with pytest.raises(ValueError, match="4 layers"):
        removals(noise(3), lattice(), "lattice")
    with pytest.raises(ValueError, match="finite"):
        removals(np.full((4, 1), np.nan), lattice(), "lattice")
    with pytest.raises(ValueError, match="not measured"):
        removals(noise(), lattice(masks=[0b1111, 0b0111]), "leave_one_out")
    for rows in ROWS:
        with pytest.raises(ValueError, match="at least two layers"):
            removals(noise(1), lattice(1), rows)


# --- the family ---


def test_two_fusions_and_three_controls():
    assert names("fusions") == ["greedy", "linear_regression", "mean_rank", "oracle", "random_forest"]


@pytest.mark.parametrize("name", names("fusions"))
def test_a_fusion_returns_a_path_and_plain_json(name):
    signals, found = noise(), lattice()
    kept = signals.copy()
    fused = find("fusions", name)(signals, called(3), found)
    assert [len(step) for step in fused.path] == [4, 3, 2, 1]
    assert all(step == sorted(set(step)) and set(step) <= set(range(4)) for step in fused.path)
    if name not in NOT_NESTED:
        assert all(set(after) < set(before) for before, after in pairwise(fused.path))
    assert fused.scores is None or len(fused.scores) == 4
    assert json.loads(json.dumps([fused.path, fused.scores, fused.fit], allow_nan=False))
    assert fused.fit["evaluations"] >= 0
    assert find("fusions", name)(signals, called(3), found) == fused
    np.testing.assert_array_equal(signals, kept)


def another_test(found: Lattice) -> Lattice:
    """The same lattice with a test split on which whatever was best is worst."""
    return replace(
        found,
        labels={**found.labels, "test": 1 - found.labels["test"]},
        losses={**found.losses, "test": -found.losses["test"]},
    )


@pytest.mark.parametrize("name", names("fusions"))
def test_a_fusion_never_looks_at_the_test_split(name):
    fused = [find("fusions", name)(noise(), called(3), found) for found in (lattice(), another_test(lattice()))]
    assert fused[0] == fused[1]


@pytest.mark.parametrize("name", LEARNED)
@pytest.mark.parametrize("rows", ROWS)
def test_a_learned_fusion_takes_any_rows_and_reports_its_fit(name, rows):
    options = {"trees": 20} if name == "random_forest" else {}
    fused = find("fusions", name)(noise(), called(3), lattice(), rows=rows, **options)
    assert {"rows", "evaluations", "r2_in_sample", "r2_out_of_sample"} < set(fused.fit)
    learned = fused.fit["coefficients" if name == "linear_regression" else "importances"]
    assert list(learned) == called(3)
    assert fused.path == path(removal_order(fused.scores, "high"))


@pytest.mark.parametrize("name", LEARNED)
def test_a_lattice_where_nothing_matters_has_no_r2(name):
    fused = find("fusions", name)(noise(), called(3), lattice(accuracy_of=lambda mask: 0.5))
    assert not {"r2_in_sample", "r2_out_of_sample"} & set(fused.fit)
    assert fused.scores == pytest.approx([0.0] * 4)
    with pytest.raises(ValueError, match="2 names for 3 signals"):
        find("fusions", name)(noise(), called(2), lattice())


# --- planted answers ---

WORTH = np.array([0.02, 0.16, 0.08, 0.13, 0.05, 0.1])
"""What each layer adds to the accuracy of `additive`."""


def additive() -> Lattice:
    return lattice(6, lambda mask: 0.4 + sum(WORTH[layer] for layer in layers_of(mask)))


def planted() -> np.ndarray:
    """The worth of each layer, then three signals that know nothing."""
    return np.column_stack([WORTH, noise(6)])


@pytest.mark.parametrize("name", LEARNED)
def test_a_learned_fusion_finds_the_planted_signal(name):
    fused = find("fusions", name)(planted(), called(4), additive(), rows="lattice")
    learned = fused.fit["coefficients" if name == "linear_regression" else "importances"]
    assert max(learned, key=lambda signal: abs(learned[signal])) == "signal_0"
    assert learned["signal_0"] * (-1 if name == "linear_regression" else 1) > 0  # what is worth more, costs more
    assert fused.path == path(np.argsort(WORTH).tolist())
    assert fused.fit["r2_out_of_sample"] > 0.5
    assert fused.fit["r2_in_sample"] > fused.fit["r2_out_of_sample"]


@pytest.mark.parametrize("name", LEARNED)
def test_a_learned_fusion_finds_nothing_in_noise(name):
    fused = find("fusions", name)(noise(6), called(3), lattice(6), rows="lattice")
    assert fused.fit["r2_out_of_sample"] < 0.2


def test_linear_regression_with_more_signals_than_rows_only_repeats_the_measurements():
    found = lattice(5)
    fused = find("fusions", "linear_regression")(noise(5, 12), called(12), found, rows="leave_one_out")
    measured = removals(noise(5, 12), found, "leave_one_out").target
    assert fused.scores == pytest.approx(measured.tolist())
    assert fused.fit["r2_in_sample"] == pytest.approx(1.0)


def test_a_ridge_shrinks_the_coefficients():
    def size(ridge: float) -> float:
        fused = find("fusions", "linear_regression")(planted(), called(4), additive(), ridge=ridge)
        return sum(value**2 for value in fused.fit["coefficients"].values())

    assert size(0.0) > size(10.0) > size(1000.0)


def test_mean_rank_agrees_with_scipy():
    signals = np.round(noise(6, 5), 0)  # with ties
    fused = find("fusions", "mean_rank")(signals, called(5), lattice(6))
    assert fused.scores == pytest.approx(rankdata(signals, axis=0).mean(axis=1))
    assert fused.path == path(removal_order(fused.scores, "low"))


# --- controls that measure ---


@pytest.mark.parametrize("seed", range(5))
def test_greedy_agrees_with_trying_everything(seed):
    found = lattice(5, seed=seed, items=20)  # few items: many ties
    expected = [list(range(5))]
    while len(expected[-1]) > 1:
        tried = [[layer for layer in expected[-1] if layer != gone] for gone in reversed(expected[-1])]
        expected.append(max(tried, key=lambda kept: found.accuracy(mask_of(kept), "validation")))
    fused = find("fusions", "greedy")(noise(5), called(3), found)
    assert fused.path == expected
    assert fused.fit["evaluations"] == 14


def test_greedy_breaks_ties_by_loss_then_by_depth():
    def flat(mask: int) -> float:
        return 0.5

    assert find("fusions", "greedy")(noise(3), called(3), lattice(3, flat)).path == [[0, 1, 2], [0, 1], [0]]
    losses = {0b110: 0.1}
    found = lattice(3, flat, loss_of=lambda mask: losses.get(mask, 1.0))
    assert find("fusions", "greedy")(noise(3), called(3), found).path == [[0, 1, 2], [1, 2], [1]]


def test_the_oracle_is_the_best_subset_of_each_size_and_may_not_be_nested():
    best = {0b0111, 0b1001, 0b0100}
    found = lattice(4, lambda mask: 0.9 if mask in best else 0.5 + 0.01 * mask.bit_count())
    fused = find("fusions", "oracle")(noise(), called(3), found)
    assert fused.path == [[0, 1, 2, 3], [0, 1, 2], [0, 3], [2]]
    assert fused.fit["evaluations"] == 15
    found = lattice(5)
    for kept in find("fusions", "oracle")(noise(5), called(3), found).path:
        everything = [mask_of(other) for other in combinations(range(5), len(kept))]
        highest = max(found.accuracy(mask, "validation") for mask in everything)
        assert found.accuracy(mask_of(kept), "validation") == highest


def test_the_oracle_refuses_a_lattice_with_holes():
    with pytest.raises(ValueError, match="not every subset of 2 layers"):
        find("fusions", "oracle")(noise(3), called(3), lattice(3, masks=[0b111, 0b110, 0b101, 0b100, 0b010, 0b001]))
