"""Tables with a known answer."""

import numpy as np
import pandas as pd
import pytest

from slim.evaluation.bootstrap import paired_difference
from slim.evaluation.rank_tests import holm
from slim.ranking.removal_order import path
from slim.report.read import read_measurements
from slim.report.tables.comparisons import comparisons, strategy_comparisons
from slim.report.tables.curves import at_rule, curves, kind_of
from slim.report.tables.maxima import maxima
from slim.report.tables.ranks import ranks
from slim.report.tables.results import results
from slim.report.tables.search import search
from slim.report.tables.sensitivity import one_shot, sensitivity
from slim.report.tables.signals import signal_correlations, signals
from slim.report.text import search_sentences
from slim.subsets.paths import best_on_test, mean_regret, removed_at
from slim.subsets.search import beam_search, greedy_search
from slim.utils.io import read_json, write_json
from tests import builders, synthetic
from tests.report.conftest import measured

QUICK = {"resamples": 300, "level": 0.95}


def row(table, **cells):
    """The single row with these cells."""
    for name, value in cells.items():
        table = table[table[name] == value]
    assert len(table) == 1, cells
    return table.iloc[0]


def rows_of(**accuracies):
    """Records of one dataset: recipe -> accuracy on validation."""
    return [{"dataset": "d", "seed": seed, "recipe": name, "accuracy": value, "validation_accuracy": value,
             "stage": "baseline" if name.startswith("linear") else "prune", "from": "teacher",
             "control": "plain" if name == "clever" else None}
            for seed in range(3) for name, value in accuracies.items()]  # fmt: skip


def test_results_keep_what_else_was_measured_and_refuse_a_row_without_its_key():
    table = results([{"dataset": "d", "seed": 0, "recipe": "a", "latency_ms": 3.5, "steps": [1, 2]}])
    assert table.columns[-1] == "latency_ms" and "steps" not in table
    with pytest.raises(ValueError, match="no recipe"):
        results([{"dataset": "d", "seed": 0}])


def test_means_over_seeds_have_the_bootstrap_interval_of_seeds_and_items(tables, data):
    of = row(tables["recipes"], dataset="reuters_r8", recipe="half")
    correct = measured(data).correct["reuters_r8"]["half"]
    assert of["accuracy"] == pytest.approx(correct.mean())
    expected = paired_difference(correct, np.zeros_like(correct), resamples=4000)
    assert (of["low"], of["high"]) == pytest.approx((expected.low, expected.high), abs=0.006)
    pooled = row(tables["recipes"], dataset="all", recipe="half")
    assert pooled["accuracy"] == pytest.approx(
        tables["recipes"].query("recipe == 'half' and dataset != 'all'")["accuracy"].mean()
    )
    assert np.isnan(pooled["low"]) and (pooled["seeds"], pooled["order"]) == (3, "random_forest")


def test_a_recipe_is_compared_with_teacher_origin_control_and_the_best_baseline_of_the_dataset():
    correct = {name: np.tile(np.arange(200) < 200 * share, (3, 1)).astype(float)
               for name, share in {"teacher": 0.9, "clever": 0.85, "plain": 0.8, "linear_a": 0.7,
                                   "linear_b": 0.6}.items()}  # fmt: skip
    table = results(rows_of(teacher=0.9, clever=0.85, plain=0.8, linear_a=0.6, linear_b=0.7))
    of = comparisons(table, {"d": correct}, **QUICK)
    clever = of[(of["dataset"] == "d") & (of["recipe"] == "clever")].set_index("against")
    assert clever["reference"].to_dict() == {"teacher": "teacher", "control": "plain", "baseline": "linear_b"}
    assert clever["difference"].to_dict() == pytest.approx({"teacher": -0.05, "control": 0.05, "baseline": 0.25})
    assert clever["verdict"].to_dict() == {"teacher": "worse", "control": "better", "baseline": "better"}
    assert row(of, dataset="d", recipe="teacher")["reference"] == "linear_b"
    for _, group in of.groupby(["dataset", "against"]):
        assert group["p_holm"].tolist() == pytest.approx(holm(list(group["p"])))


def test_with_fewer_than_three_seeds_a_difference_is_a_reading(tables, one_seed):
    for name in ("comparisons", "strategy_comparisons"):
        assert one_seed[name][["p", "p_holm", "verdict", "stable"]].isna().all(axis=None)
        assert one_seed[name][["difference", "low", "high"]].notna().all(axis=None)
        assert tables[name][["p", "p_holm", "verdict", "stable"]].notna().all(axis=None)
    assert one_seed["ranks"]["friedman_p"].isna().all() and tables["ranks"]["friedman_p"].notna().all()


def test_a_verdict_that_one_seed_makes_is_not_stable():
    def against(rights):
        correct = {"teacher": np.ones((3, 400)), "pruned": np.array([np.arange(400) < right for right in rights])}
        table = comparisons(results(rows_of(teacher=1.0, pruned=0.9)), {"d": correct}, **QUICK)
        return row(table, dataset="d", recipe="pruned", against="teacher")

    assert against([360, 360, 360])[["verdict", "stable"]].tolist() == ["worse", True]
    assert against([400, 400, 360])[["verdict", "stable"]].tolist() == ["undecided", True]
    # Without the first seed the other two make it certain.
    assert against([400, 396, 360])[["verdict", "stable"]].tolist() == ["undecided", False]


def test_strategies_are_paired_on_items_and_draws_are_averaged(tables, data):
    table, lines, lattices = tables["strategy_comparisons"], tables["curves"], measured(data).raw
    one = row(table, dataset="reuters_r8", strategy="random", reference="greedy", rule="half")
    chosen = at_rule(lines[lines["dataset"] == "reuters_r8"], "half")
    accuracy = chosen.groupby(["strategy", "seed"])["test_accuracy"].mean().groupby("strategy").mean()
    assert one["difference"] == pytest.approx(accuracy["random"] - accuracy["greedy"])
    assert (one["seeds"], one["n"]) == (3, 400)
    there = row(table, dataset="all", strategy="greedy", reference="random_forest", rule="half")
    back = row(table, dataset="all", strategy="random_forest", reference="greedy", rule="half")
    assert there["difference"] == pytest.approx(-back["difference"]) and there["low"] == pytest.approx(-back["high"])
    less = lines[(lines["strategy"] != "weight_entropy") | (lines["seed"] != 1)]
    assert "weight_entropy" not in set(strategy_comparisons(less, lattices, **QUICK)["strategy"])


def test_half_rounds_up_and_the_best_depth_is_chosen_on_validation():
    lines = pd.DataFrame([
        {"dataset": "d", "seed": 0, "strategy": "s", "draw": 0, "kind": "other", "removed": k, "layers": 5 - k,
         "validation_accuracy": v, "test_accuracy": t}
        for k, (v, t) in enumerate([(0.9, 0.9), (0.7, 0.9), (0.8, 0.6), (0.8, 0.7), (0.1, 0.95)])
    ])  # fmt: skip
    assert at_rule(lines, "half")["layers"].tolist() == [3]
    assert at_rule(lines, "best_accuracy")["removed"].tolist() == [3]  # of equals, the one with fewer layers
    of = maxima(lines).iloc[0]
    assert (of["accuracy"], of["removed"], of["optimistic"]) == (0.7, 3, 0.95)


def test_a_curve_with_a_point_twice_is_refused(data):
    frames = measured(data).curves[:1]
    with pytest.raises(ValueError, match="twice"):
        curves([*frames, *frames], [])
    with pytest.raises(ValueError, match="no column kept"):
        curves([frames[0].drop(columns="kept")], [])


def test_kinds_of_strategies():
    names = ["mi_task_relevance", "weight_entropy", "greedy", "random_forest", "my_signal"]
    assert [kind_of(name, ["random_forest", "greedy"]) for name in names] == [
        "mutual information", "weight", "baseline", "fusion", "other"]  # fmt: skip


def test_ranks_of_three_in_four_blocks():
    """Ranks 1 2 3, 1 2 3, 1 3 2 and 1.5 1.5 3; the oracle is no competitor."""
    values = {"a": [0.9, 0.9, 0.9, 0.8], "b": [0.8, 0.8, 0.7, 0.8], "c": [0.7, 0.7, 0.8, 0.1], "oracle": [1.0] * 4}
    lines = pd.DataFrame([
        {"dataset": "d", "seed": seed, "strategy": name, "kind": "other", "removed": 1, "test_accuracy": value}
        for name, of in values.items() for seed, value in enumerate(of)
    ])  # fmt: skip
    table = ranks(lines)
    assert table["strategy"].tolist() == ["a", "b", "c"] and set(table["blocks"]) == {4}
    assert table["mean_rank"].tolist() == pytest.approx([4.5 / 4, 8.5 / 4, 11 / 4])


def test_a_place_is_when_a_layer_goes_and_a_path_that_is_not_nested_has_none(tables):
    assert removed_at(path([2, 0, 1])) == {2: 1, 0: 2, 1: 3}
    assert removed_at([[0, 1, 2], [0, 1], [2]]) is None and removed_at([[0, 1]]) is None
    places = tables["orders"].query("strategy != 'oracle'")
    every = places.groupby(["dataset", "seed", "strategy", "draw"])["removed_at"].agg(sorted)
    assert all(of == [1, 2, 3, 4, 5, 6] for of in every) and len(every) == 6 * (len(synthetic.STRATEGIES) - 1 + 9)


def test_signals_that_say_the_same_correlate_and_constant_ones_do_not_count():
    records = [{"strategy": name, "runs": {"d/0": {"scores": [scores]}}} for name, scores in
               {"a_up": [1, 2, 4], "b_up": [0, 5, 6], "c_down": [3, 2, 1], "d_flat": [1, 1, 1]}.items()]  # fmt: skip
    table = signals([*records, {"strategy": "random", "runs": {"d/0": {"scores": [[1, 2, 3]]}}}])
    assert set(table["strategy"]) == {"a_up", "b_up", "c_down", "d_flat"}
    assert table.query("strategy == 'd_flat'")["z"].tolist() == [0, 0, 0]
    assert table.query("strategy == 'c_down'")["z"].tolist() == pytest.approx([1.5**0.5, 0, -(1.5**0.5)])
    rho = signal_correlations(table).set_index(["first", "second"])["rho"]
    assert rho["a_up", "b_up"] == pytest.approx(1) and rho["a_up", "c_down"] == pytest.approx(-1)
    assert np.isnan(rho["a_up", "d_flat"])


def test_weights_are_those_of_the_fits(tables):
    assert set(tables["weights"]["fusion"]) == {"linear_regression", "random_forest"}
    assert len(tables["weights"]) == 2 * 3 * 2 * 12


def test_searching_everything_regrets_only_what_validation_gets_wrong(tables, data):
    """The widest beam is the oracle; a fusion stands beside greedy stopped at as many evaluations."""
    of = tables["search"].query("dataset == 'reuters_r8' and seed == 0")
    lattice = measured(data).raw["reuters_r8/0"]
    best = best_on_test(lattice)
    assert of.query("method == 'greedy'")["evaluations"].tolist() == [0, 6, 11, 15, 18, 20]
    widest = of.query("method == 'beam'").iloc[-1]
    assert widest["evaluations"] == 62
    assert widest["test_regret"] == pytest.approx(mean_regret(beam_search(lattice, 1000)[0], lattice, best))
    forest = of.query("method == 'random_forest'").set_index("rows")
    assert forest["evaluations"].to_dict() == {
        "trajectories": 24, "leave_one_out": 7, "lattice": 63, "other_datasets": 0,
    }  # fmt: skip
    at_7 = mean_regret(greedy_search(lattice, 7)[0], lattice, best)
    assert forest.loc["leave_one_out", "greedy_test_regret"] == pytest.approx(at_7)
    random = of.query("method == 'random'").set_index("evaluations")["test_regret"]
    assert random[62] == pytest.approx(widest["test_regret"]) and random[6] > random[62]


def test_an_order_that_is_not_known_at_every_depth_has_no_best_one(tables):
    """As the oracle of a deep model, which is known for the largest subsets alone."""
    curves = tables["curves"]
    some = curves[(curves["strategy"] != "oracle") | (curves["removed"] <= 1)]
    lacking = maxima(curves).query("strategy != 'oracle'").reset_index(drop=True)
    pd.testing.assert_frame_equal(maxima(some).reset_index(drop=True), lacking)
    assert search_sentences(tables["search"].head(0)) == [
        "Regret and the oracle are not known, since not every subset of the layers was measured."
    ]


def test_a_lattice_with_holes_has_no_search_rows():
    assert search({"d/0": builders.lattice(4, masks=[0b1111, 0b0111, 0b0011, 0b0001])}, []).empty


def test_a_changed_choice_is_compared_with_the_value_in_use(tables):
    worth = {0b111: 0.9, 0b110: 0.8, 0b101: 0.6, 0b011: 0.7, 0b100: 0.5, 0b010: 0.4, 0b001: 0.3}
    lattices = {"d/0": builders.lattice(3, worth.__getitem__)}
    up, down = path([0, 1, 2]), path([2, 1, 0])
    record = {
        "strategy": "activation_energy", "options": {"prune_first": "low"}, "runs": {"d/0": {"paths": [up]}},
        "variants": [{"option": "prune_first", "value": "high", "runs": {"d/0": {"paths": [down]}}}],
    }  # fmt: skip
    of = sensitivity([record], [], lattices).iloc[0]
    assert (of["default"], of["value"], of["kind"]) == ("low", "high", "activation")
    assert of["default_regret"] == pytest.approx(0)  # keeps {1, 2}, then {2}
    assert of["test_regret"] == pytest.approx((0.1 + 0.2) / 2)  # keeps {0, 1}, then {0}
    again = {"scores": [[1.0, 2.0, 3.0]], "paths": [down], "remeasured": {}}
    assert one_shot(again) == [up]
    assert set(tables["sensitivity"].query("option == 'estimator'")["default"]) == {"probe"}


def test_models_and_items_that_are_missing_are_named(data, tmp_path):
    def read(**changed):
        known = {"datasets": ["movie_reviews"], "seeds": [0, 1], "recipes": ["teacher"], "strategies": {},
                 "fusions": {}, "data": tmp_path}  # fmt: skip
        return read_measurements(**known | changed)

    synthetic.write_all(tmp_path, ("movie_reviews",), (0, 1))
    assert read().correct["movie_reviews"]["teacher"].shape == (2, 1000)
    with pytest.raises(ValueError, match=r"0\.json does not hold the model 'absent'.*dvc repro evaluate"):
        read(recipes=["absent"])
    with pytest.raises(FileNotFoundError, match=r"5\.json"):
        read(seeds=[5])
    synthetic.write_predictions(tmp_path, "movie_reviews", 1, np.zeros(999))
    with pytest.raises(ValueError, match=r"1\.npz holds other test items"):
        read()
    order = read_json(tmp_path / "orders/weight_entropy.json")
    order["variants"].append({"option": "gone", "value": "x", "runs": {}})
    write_json(order, tmp_path / "orders/weight_entropy.json")
    synthetic.write_predictions(tmp_path, "movie_reviews", 1, np.zeros(1000))
    with pytest.raises(ValueError, match="takes no option 'gone'"):
        read(strategies={"weight_entropy": {"prune_first": "low"}})


def test_recipes_of_one_dataset_pool_to_themselves(one_seed):
    table = one_seed["recipes"].set_index(["dataset", "recipe"])["accuracy"]
    assert table["all"].to_dict() == pytest.approx(table["reuters_r8"].to_dict())
