"""Curves on lattices whose accuracies are known, and their file."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from slim.ranking.fusion_input import FusionInput
from slim.ranking.removal_order import path
from slim.subsets.curves import COLUMNS, curve, read_curves, write_curves
from slim.utils.registry import find
from tests.builders import lattice


def test_a_curve_in_two_layers():
    accuracy = {0b11: 0.9, 0b10: 0.7, 0b01: 0.8}
    two_layers = lattice(2, accuracy.__getitem__, test_accuracy_of=lambda mask: 1 - accuracy[mask])
    first, second, *other = curve([path([0, 1]), path([1, 0])], two_layers)
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
    measured = lattice(5, test_accuracy_of=lambda mask: mask / 32)
    best = find("ranking/fusions", "oracle")(FusionInput([], np.empty((5, 0)), measured))
    rows = curve([best.path], measured)
    assert [row["validation_regret"] for row in rows] == [0.0] * 5
    assert max(row["test_regret"] for row in rows) > 0


def test_regret_is_absent_where_the_best_is_unknown():
    gaps = lattice(3, masks=[0b111, 0b110, 0b101, 0b100, 0b010, 0b001])
    rows = curve([path([0, 1, 2])], gaps)
    assert ["validation_regret" in row for row in rows] == [True, False, True]
    assert ["test_regret" in row for row in rows] == [True, False, True]
    with pytest.raises(ValueError, match="not measured"):
        curve([path([2, 1, 0])], gaps)


def test_curves_come_back_from_their_file(tmp_path):
    gaps = lattice(3, masks=[0b111, 0b110, 0b101, 0b100, 0b010, 0b001])
    curves = {
        "movies/0": curve([path([0, 2, 1, 3]), path([1, 2, 3, 0])], lattice(4)),
        "movies/12": curve([path([0, 1, 2])], gaps),
    }
    write_curves("random", curves, tmp_path / "random.csv")
    assert read_curves(tmp_path / "random.csv") == curves
    header, first, *_ = (tmp_path / "random.csv").read_text().splitlines()
    assert header.split(",") == COLUMNS
    assert first.startswith("movies,0,random,0,0,4,0-1-2-3,")


@pytest.mark.parametrize("damage", ["dataset,seed\nmovies,0\n", ",".join(COLUMNS) + "\nmovies,0,random,0,x\n"])
def test_a_damaged_file_is_named(tmp_path, damage):
    (tmp_path / "random.csv").write_text(damage)
    with pytest.raises(ValueError, match=r"random\.csv is damaged .*: remove it"):
        read_curves(tmp_path / "random.csv")
