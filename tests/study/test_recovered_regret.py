"""What choosing is worth after recovery."""

from dataclasses import replace

import numpy as np
import pytest

from slim.report.study._choices import case, recovered_greedy
from slim.report.study.recovered_regret import COLUMNS as REGRET
from slim.report.study.recovered_regret import recovered_regret
from slim.subsets.lattice import mask_of
from tests.builders import lattice
from tests.study.planted import QUICK, UP, additive, at, chosen, masks, only, ranking


def test_the_best_set_has_no_regret_and_is_worth_its_lead_over_the_mean(pair):
    table = recovered_regret(pair, chosen(pair), **QUICK)
    assert list(table.columns) == REGRET
    assert at(table, strategy="oracle", budget="none")["test_regret"].tolist() == pytest.approx([0] * 6)
    assert at(table, strategy="recovered_greedy", budget="long")["test_regret"].tolist() == pytest.approx([0] * 6)
    row = only(table, dataset="a", strategy="recovered_greedy", budget="long", removed=3)
    assert row["over_random"] == pytest.approx(max(UP[:4]) - np.mean(UP[:4]), abs=2e-3)
    assert row["over_random_low"] <= row["over_random"] <= row["over_random_high"]
    assert (row["target"], row["rows"], row["family"], row["schedule"]) == ("long", "", "control", "one_shot")
    assert set(table["removed"]) == {1, 2, 3}


def test_raw_choices_are_judged_after_recovery_by_where_their_layers_came_to(pair):
    table = recovered_regret(pair, chosen(pair), **QUICK)
    same = only(table, dataset="a", strategy="gradient_fisher", schedule="one_shot", budget="long", removed=3)
    turned = only(table, dataset="b", strategy="gradient_fisher", schedule="one_shot", budget="long", removed=3)
    assert same["test_regret"] == pytest.approx(0) and turned["test_regret"] == pytest.approx(0.09)
    assert turned["over_random_high"] < 0


def test_a_fusion_told_of_this_dataset_follows_it_and_one_told_of_others_follows_them(pair):
    table = recovered_regret(pair, chosen(pair), **QUICK)
    told = at(table, dataset="b", strategy="linear_regression", budget="long", target="long", removed=3)
    here, others = only(told, rows="lattice"), only(told, rows="other_datasets")
    assert here["test_regret"] == pytest.approx(0) and others["test_regret"] == pytest.approx(0.09)
    raw = only(table, dataset="b", strategy="linear_regression", budget="long", target="raw", removed=3,
               schedule="one_shot")  # fmt: skip
    assert (raw["rows"], raw["test_regret"]) == ("trajectories", pytest.approx(0.09))


def test_without_another_dataset_nothing_is_learned_from_others(pair):
    table = recovered_regret(pair[:1], chosen(pair[:1]), **QUICK)
    assert set(table["rows"]) == {"", "trajectories", "lattice"}


def test_random_is_a_mean_over_its_draws(pair):
    run, ends = pair[0], {"scores": [[0.0] * 4] * 2, "paths": [[[0, 1, 2, 3], [0, 1, 2], [0, 1], [0]]] * 2}
    ends["paths"][1] = [[0, 1, 2, 3], [1, 2, 3], [2, 3], [3]]
    run = replace(run, rankings={**run.rankings, "random": ends | {"scores": [[4, 3, 2, 1], [1, 2, 3, 4]]}})
    row = only(recovered_regret([run], chosen([run]), **QUICK), strategy="random", budget="long", removed=3)
    assert row["test_regret"] == pytest.approx(0.09 / 2)


def test_sizes_with_untrained_sets_have_no_regret(planted):
    fewer = lattice(6, additive(UP), masks=[mask for mask in masks(6) if mask not in (mask_of([0, 1]), mask_of([4]))])
    run = replace(planted, recovered={"long": fewer})
    table = recovered_regret([run], chosen([run], {}, planted.rankings), **QUICK)
    assert set(table["removed"]) == {3}  # only of three layers is every set there


def test_greedy_after_recovery_starts_at_the_best_large_set_and_stops_at_a_gap():
    trained = lattice(4, additive(UP[:4]), masks=masks(4))
    assert recovered_greedy(trained, [1, 2, 3]) == [[1, 2, 3], [2, 3], [3]]
    assert recovered_greedy(trained, [1, 3]) == [[1, 2, 3]] and recovered_greedy(trained, []) == []


def test_what_was_never_measured_again_is_left_out(pair):
    steps = {15: [3.0, 2, 1, 0], 7: [2.0, 1, 0], 3: [1.0, 0]}  # linear regression removes layer 0, and is lost
    run = replace(pair[0], rankings={**pair[0].rankings, "gradient_fisher": ranking([3.0, 2, 1, 0], steps)})
    found = chosen([run], {"linear_regression": {"rows": "leave_one_out"}})
    assert {c.strategy for c in found if c.schedule == "iterative"} == {"gradient_fisher", "weight_entropy"}
    assert {c.strategy for c in found if c.target == "raw"} == {"linear_regression"}
    assert case(run, run.raw, "iterative").signals_of(15).tolist() == case(run, run.raw).signals.tolist()
