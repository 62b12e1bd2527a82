"""One choice changed at a time."""

import pytest

from slim.ranking.removal_order import path, ranking
from slim.report.tables._read import _in_use
from slim.report.tables.sensitivity import one_shot, sensitivity
from tests import builders
from tests._synthetic import CONTROLS, SIGNALS


def _record(**more):
    return {"strategy": "activation_energy", "options": {"site": "output"}} | more


def test_turned_round_is_minus_one_and_the_same_is_one():
    worth = {0b111: 0.9, 0b110: 0.8, 0b101: 0.6, 0b011: 0.7, 0b100: 0.5, 0b010: 0.4, 0b001: 0.3}
    found = {"d/0": builders.lattice(3, worth.__getitem__)}
    scores = [1.0, 2.0, 3.0]
    record = _record(
        runs={"d/0": ranking(scores, "low")},
        variants=[
            {"option": "site", "value": "update", "runs": {"d/0": ranking(scores, "high")}},
            {"option": "site", "value": "none", "runs": {"d/0": ranking(scores, "low")}},
        ],
    )
    table = sensitivity([record], [], found)
    assert list(table.columns) == [
        "dataset", "seed", "family", "strategy", "option", "value", "default", "tau", "test_regret",
        "default_regret", "evaluations",
    ]  # fmt: skip
    turned, same = (table[table["value"] == value].iloc[0] for value in ("update", "none"))
    assert (turned["tau"], same["tau"]) == (-1, 1)
    assert same["test_regret"] == same["default_regret"] == pytest.approx(0)  # keeps {1, 2}, then {2}
    assert turned["test_regret"] == pytest.approx((0.1 + 0.2) / 2)  # keeps {0, 1}, then {0}
    assert (turned["default"], turned["family"]) == ("output", "activation")
    assert table["evaluations"].isna().all()


def test_variants_are_compared_with_one_shot_whatever_the_schedule():
    measured = ranking([3.0, 2.0, 1.0], "low")
    iterative = measured | {"paths": [path([0, 1, 2])], "remeasured": {"6": [1.0, 2.0]}}
    assert one_shot(iterative) == measured["paths"] != iterative["paths"]
    assert one_shot(measured) == measured["paths"]


def test_every_variant_of_every_strategy_has_its_row(lattices, ranked):
    table = sensitivity(*ranked, lattices)
    of = table.groupby(["strategy", "option"])["value"].agg(lambda values: sorted(set(values))).to_dict()
    assert of["activation_energy", "site"] == ["update"]
    assert of["mi_task_relevance", "estimator"] == ["nearest_neighbors"]
    assert of["random_forest", "rows"] == ["lattice", "leave_one_out", "other_datasets"]
    assert set(table.loc[table["option"] == "prune_first", "strategy"]) == set(SIGNALS) | set(CONTROLS)
    assert set(table.loc[table["option"] == "estimator", "default"]) == {"probe"}
    forest = table[table["strategy"] == "random_forest"]
    assert set(forest["default"]) == {"trajectories"}
    assert set(forest["evaluations"]) == {0, 7, 63} and forest["evaluations"].notna().all()
    assert table["tau"].between(-1, 1).all()
    turned = table[(table["option"] == "prune_first") & ~table["strategy"].isin(["random"])]
    assert turned["tau"].to_numpy() == pytest.approx(-1)


def test_the_value_in_use_is_the_given_one_else_the_functions_default():
    assert _in_use("signals", "activation_energy", {"site": "update"}, "site") == "update"
    assert _in_use("signals", "activation_energy", {}, "site") == "output"
    with pytest.raises(ValueError, match="takes no option 'prune_first'"):
        _in_use("signals", "activation_energy", {}, "prune_first")
