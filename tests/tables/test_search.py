"""Regret by evaluations, with a known answer on tiny lattices."""

import time

import pytest

from slim.report.tables._paths import best_on_test, mean_regret
from slim.report.tables.interactions import interactions
from slim.report.tables.search import evaluations_for, search
from slim.report.tables.shapley import shapley
from slim.subsets.search import beam_search, greedy_search
from tests import builders
from tests._synthetic import FUSIONS
from tests.tables.made_up import exhaustive


def test_search_has_its_columns_and_every_fusion(lattices, ranked):
    table = search(lattices, ranked[1])
    assert list(table.columns) == [
        "dataset", "seed", "method", "rows", "width", "evaluations", "test_regret", "test_regret_half",
        "greedy_test_regret",
    ]  # fmt: skip
    one = table[(table["dataset"] == "kind") & (table["seed"] == 1)]
    assert set(one["method"]) == {"greedy", "beam", "random", *FUSIONS}
    assert one.loc[one["method"] == "greedy", "evaluations"].tolist() == [0, 6, 11, 15, 18, 20]
    forest = one[one["method"] == "random_forest"].set_index("rows")
    assert forest["evaluations"].to_dict() == {
        "trajectories": 62, "leave_one_out": 7, "lattice": 63, "other_datasets": 0,
    }  # fmt: skip
    lattice = lattices["kind/1"]
    at_7 = mean_regret(greedy_search(lattice, 7)[0], lattice, best_on_test(lattice))
    assert forest.loc["leave_one_out", "greedy_test_regret"] == pytest.approx(at_7)
    assert one.loc[~one["method"].isin(FUSIONS), "greedy_test_regret"].isna().all()


def test_searching_everything_regrets_only_what_validation_gets_wrong(lattices):
    """The widest beam is the oracle: its regret is what choosing on validation costs."""
    table = search(lattices, [])
    lattice = lattices["library/0"]
    of = table[(table["dataset"] == "library") & (table["seed"] == 0)]
    widest = of[of["method"] == "beam"].iloc[-1]
    assert (widest["width"], widest["evaluations"]) == (32, 62)
    expected = mean_regret(beam_search(lattice, 1000)[0], lattice, best_on_test(lattice))
    assert widest["test_regret"] == pytest.approx(expected)
    random = of[of["method"] == "random"].set_index("evaluations")
    assert random.loc[62, "test_regret"] == pytest.approx(expected)
    assert random.loc[6, "test_regret"] > random.loc[62, "test_regret"]
    assert len(random) == random.index.nunique()


def test_greedy_regrets_nothing_where_layers_add_up_and_needs_one_round_less():
    """With additive worths the first round already tells the order: L evaluations bring no regret."""
    add = lambda mask: 0.1 + sum(0.1 * (layer + 1) for layer in range(4) if mask >> layer & 1)  # noqa: E731
    table = search({"d/0": exhaustive(4, lambda mask: add(mask) / 2)}, [])
    needed = evaluations_for(table, 1e-9).set_index("method")["evaluations"]
    assert needed["greedy"] == 4
    assert needed["beam"] == 9  # width 1 is greedy, all the way
    assert needed["random"] == 14
    nobody = evaluations_for(table.assign(test_regret=1.0), 0.5)
    assert list(nobody.columns) == ["dataset", "seed", "method", "rows", "evaluations"]
    assert nobody["evaluations"].isna().all()


def test_a_lattice_with_holes_has_no_search_rows():
    nested = [0b1111, 0b0111, 0b0011, 0b0001]
    assert search({"d/0": builders.lattice(4, masks=nested)}, []).empty


def test_twelve_layers_are_analysed_in_seconds():
    lattice = exhaustive(12, items=50)
    start = time.perf_counter()
    shapley({"d/0": lattice}), interactions({"d/0": lattice}), search({"d/0": lattice}, [])
    assert time.perf_counter() - start < 45
