"""Curves and the rules that choose a depth, on lattices whose accuracies are known."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from slim.ranking.cases import Case
from slim.ranking.removal_order import path
from slim.subsets.depth_rules import RULES, choose, curve
from slim.subsets.lattice import Lattice, mask_of
from slim.utils.registry import find
from tests.builders import lattice

BY_SIZE = {6: 0.90, 5: 0.92, 4: 0.92, 3: 0.895, 2: 0.88, 1: 0.5}


def stairs(by_size: dict[int, float] = BY_SIZE, items: int = 1000) -> Lattice:
    """Six layers; accuracy depends on their number alone, and is half that on the test split."""
    return lattice(
        6, lambda mask: by_size[mask.bit_count()], test_accuracy_of=lambda m: by_size[m.bit_count()] / 2, items=items
    )


def chosen(rule: str, found: Lattice, **options) -> dict:
    return choose(rule, curve([path([5, 4, 3, 2, 1, 0])], found), found, **options)


def test_a_curve_in_two_layers():
    accuracy = {0b11: 0.9, 0b10: 0.7, 0b01: 0.8}
    found = lattice(2, accuracy.__getitem__, test_accuracy_of=lambda mask: 1 - accuracy[mask])
    first, second, *other = curve([path([0, 1]), path([1, 0])], found)
    assert first == {
        "draw": 0,
        "removed": 0,
        "layers": 2,
        "kept": "0-1",
        "validation_accuracy": pytest.approx(0.9),
        "validation_loss": pytest.approx(0.1),
        "validation_regret": 0.0,
        "test_accuracy": pytest.approx(0.1),
        "test_loss": pytest.approx(0.9),
        "test_regret": 0.0,
    }
    assert (second["kept"], second["removed"], second["layers"]) == ("1", 1, 1)
    assert second["validation_regret"] == pytest.approx(0.1)  # 0 would have been better ...
    assert second["test_regret"] == 0.0  # ... but not on the test split
    assert [row["draw"] for row in other] == [1, 1]
    assert other[1]["validation_regret"] == 0.0
    assert other[1]["test_regret"] == pytest.approx(0.1)


@settings(max_examples=20, deadline=None)
@given(some.sampled_from(list(permutations(range(4)))))
def test_nothing_beats_the_best_subset(order):
    for row in curve([path(list(order))], lattice(4)):
        assert row["validation_regret"] >= 0
        assert row["test_regret"] >= 0


def test_the_oracle_has_no_regret_where_it_chose():
    found = lattice(5, test_accuracy_of=lambda mask: mask / 32)
    rows = curve([find("ranking/fusions", "oracle")(Case([], np.empty((found.layers, 0)), found)).path], found)
    assert [row["validation_regret"] for row in rows] == [0.0] * 5
    assert max(row["test_regret"] for row in rows) > 0


def test_regret_is_absent_where_the_best_is_unknown():
    found = lattice(3, masks=[0b111, 0b110, 0b101, 0b100, 0b010, 0b001])
    rows = curve([path([0, 1, 2])], found)
    assert ["validation_regret" in row for row in rows] == [True, False, True]
    assert ["test_regret" in row for row in rows] == [True, False, True]
    with pytest.raises(ValueError, match="not measured"):
        curve([path([2, 1, 0])], found)


def test_best_accuracy_removes_a_layer_and_prefers_fewer():
    assert chosen("best_accuracy", stairs()) == {
        "rule": "best_accuracy",
        "removed": 2,
        "layers": 4,
        "kept": "0-1-2-3",
        "validation_accuracy": pytest.approx(0.92),
        "test_accuracy": pytest.approx(0.46),
        "validation_teacher": pytest.approx(0.90),
        "test_teacher": pytest.approx(0.45),
    }
    assert chosen("best_accuracy", stairs(BY_SIZE | {6: 0.99}))["removed"] == 2


def test_one_standard_error_depends_on_how_many_items_were_asked():
    assert chosen("one_standard_error", stairs(items=1000))["layers"] == 3  # error 0.0095
    assert chosen("one_standard_error", stairs(items=200))["layers"] == 2  # error 0.021
    assert chosen("one_standard_error", stairs(dict.fromkeys(range(1, 6), 0.5) | {6: 0.9}))["removed"] == 0


def test_fixed_rounds_to_the_nearest_number_of_layers():
    for keep, layers in ((0.5, 3), (0.6, 4), (0.01, 1), (1.0, 6), (0.75, 5), (0.25, 2)):
        assert chosen("fixed", stairs(), keep=keep)["layers"] == layers
    assert chosen("fixed", stairs())["layers"] == 3
    for keep in (0.0, 1.1):
        with pytest.raises(ValueError, match="above 0 and at most 1"):
            chosen("fixed", stairs(), keep=keep)


@pytest.mark.parametrize("rule", RULES)
def test_no_rule_looks_at_the_test_split(rule):
    found = lattice(6)
    other = replace(found, labels={**found.labels, "test": 1 - found.labels["test"]})
    assert chosen(rule, found)["kept"] == chosen(rule, other)["kept"]


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_reads_any_path(rule):
    found = lattice(6)
    rows = curve([find("ranking/fusions", "oracle")(Case([], np.empty((found.layers, 0)), found)).path], found)
    row = choose(rule, rows, found)
    kept = [int(layer) for layer in row["kept"].split("-")]
    assert row["validation_accuracy"] == found.accuracy(mask_of(kept), "validation")
    assert row["removed"] + row["layers"] == 6


def test_impossible_choices_are_refused():
    found = lattice(2)
    with pytest.raises(ValueError, match="unknown rule 'deepest'"):
        choose("deepest", curve([path([0, 1])], found), found)
    with pytest.raises(ValueError, match="one draw at a time"):
        choose("fixed", curve([path([0, 1]), path([1, 0])], found), found)
    with pytest.raises(ValueError, match="none to remove"):
        choose("best_accuracy", curve([[[0]]], lattice(1)), lattice(1))
