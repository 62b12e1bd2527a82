"""Shapley values and interactions of lattices with a known answer."""

import numpy as np
import pytest

from slim.report.tables.interactions import interactions
from slim.report.tables.shapley import shapley
from tests import builders
from tests.tables.made_up import CELLS, LAYERS, exhaustive


def test_shapley_of_an_additive_lattice():
    """Each layer adds its own share to .1: that is its value by every measure, and no pair interacts."""
    worth = [0.1, 0.2, 0.05, 0.3]
    add = lambda mask: 0.1 + sum(w for layer, w in enumerate(worth) if mask >> layer & 1)  # noqa: E731
    found = {"d/3": exhaustive(4, add, test_accuracy_of=lambda mask: 1 - add(mask))}
    table = shapley(found)
    assert list(table.columns) == ["dataset", "seed", "layer", "shapley", "shapley_test", "leave_one_out", "alone"]
    assert table[["dataset", "seed"]].drop_duplicates().to_numpy().tolist() == [["d", 3]]
    for column, sign in {"shapley": 1, "shapley_test": -1, "leave_one_out": 1, "alone": 1}.items():
        assert table[column].to_numpy() == pytest.approx(sign * np.array(worth), abs=1e-9), column
    pairs = interactions(found)
    assert list(pairs.columns) == ["dataset", "seed", "first", "second", "interaction"]
    assert len(pairs) == 6 and (pairs["first"] < pairs["second"]).all()
    assert pairs["interaction"].to_numpy() == pytest.approx(0, abs=1e-9)


def test_shapley_shares_out_what_the_layers_add(lattices):
    table = shapley(lattices)
    assert len(table) == CELLS * LAYERS
    for (dataset, seed), found in table.groupby(["dataset", "seed"]):
        lattice = lattices[f"{dataset}/{seed}"]
        for column, split in {"shapley": "validation", "shapley_test": "test"}.items():
            assert found[column].sum() == pytest.approx(
                lattice.accuracy(lattice.full, split) - lattice.accuracy(0, split)
            )


def test_a_lattice_with_holes_has_no_shapley_rows():
    holes = {"d/0": builders.lattice(4), "d/1": exhaustive(4)}
    assert set(shapley(holes)["seed"]) == set(interactions(holes)["seed"]) == {1}
    assert shapley({"d/0": builders.lattice(4)}).empty
