"""The study on planted truths: what predicts recovery, what choosing is worth, and sentences that follow numbers."""

import json
import re
from dataclasses import replace
from itertools import combinations
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

import stages.study
from slim.files import write_arrays, write_json
from slim.fusions._fused import Fused
from slim.lattice import mask_of
from slim.metrics.intervals import mcnemar
from slim.orders import walk
from slim.study._choices import case, choices, keep_scores, recovered_greedy
from slim.study._read import Run, read_distillations, read_runs
from slim.study._words import Known, series
from slim.study.distillation import COLUMNS as DISTILLATION
from slim.study.distillation import changes, distillation
from slim.study.noise import COLUMNS as NOISE
from slim.study.noise import cochran, noise
from slim.study.recovered import COLUMNS as RECOVERED
from slim.study.recovered import recovered
from slim.study.recovered_regret import COLUMNS as REGRET
from slim.study.recovered_regret import recovered_regret
from slim.study.recovery_correlations import COLUMNS as CORRELATIONS
from slim.study.recovery_correlations import predictors, recovery_correlations, spearman
from slim.study.schedules import COLUMNS as SCHEDULES
from slim.study.schedules import schedules
from slim.study.sentences import (
    distillation_sentences,
    recovery_sentences,
    schedule_sentences,
    sentences,
    worth_sentences,
)
from slim.tables._format import chance
from tests.builders import lattice, subsets

BUDGETS = {"short": {"steps": 50, "epochs": None}, "long": {"steps": None, "epochs": 1.0}}
STRATEGIES = {
    "gradient_fisher": {"prune_first": "low"},
    "weight_entropy": {"prune_first": "low"},
    "random": {"prune_first": "low", "draws": 3, "seed": 0},
    "every_other": {"prune_first": "low"},
    "top_first": {"prune_first": "low"},
}
FUSIONS = {"linear_regression": {"rows": "trajectories"}, "mean_rank": {}, "greedy": {}, "oracle": {}}
QUICK = {"resamples": 200}


def additive(worth, base=0.2):
    """mask -> accuracy: a base and what each retained layer adds."""
    return lambda mask: base + sum(worth[layer] for layer in range(len(worth)) if mask >> layer & 1)


def masks(layers, sizes=(1, 2, 3)):
    """What is trained: all sets of these sizes, and the intact model."""
    sets = [mask_of(kept) for size in sizes for kept in combinations(range(layers), size)]
    return sorted({*sets, 2**layers - 1})


def ranking(scores, table=None):
    """A signal's ranking; measured again it says the same, unless a table mask -> scores tells otherwise."""
    layers = len(scores)
    same = {mask: [scores[layer] for layer in range(layers) if mask >> layer & 1] for mask in subsets(layers)}
    table = {str(mask): [float(x) for x in of] for mask, of in (table or same).items()}
    found = walk(layers, lambda mask: np.array(table[str(mask)]))
    return {"scores": [list(map(float, scores))], "paths": [found], "remeasured": table}


def a_run(raw, trained, signals, dataset="a", seed=0, layers=None, **options):
    """A Run from accuracies by mask: raw, and after each of the budgets in `trained`."""
    layers = layers or len(next(iter(signals.values())))
    return Run(
        dataset=dataset,
        seed=seed,
        raw=lattice(layers, raw, masks=[0, *subsets(layers)], **options),
        recovered={
            budget: lattice(layers, accuracy, masks=masks(layers), **options) for budget, accuracy in trained.items()
        },
        rankings={name: scores if isinstance(scores, dict) else ranking(scores) for name, scores in signals.items()},
    )


UP, DOWN = [0.01, 0.03, 0.06, 0.10, 0.15, 0.21], [0.21, 0.15, 0.10, 0.06, 0.03, 0.01]


@pytest.fixture
def planted():
    """After `long` the deep layers matter, which a signal knows; without training the low ones do."""
    signals = {"gradient_fisher": UP, "weight_entropy": [1.0] * 6}
    return a_run(additive(DOWN), {"short": additive(DOWN), "long": additive(UP)}, signals)


def at(table, **cells):
    """The rows with these cells."""
    for name, value in cells.items():
        table = table[table[name] == value]
    return table


def only(table, **cells):
    """The single row with these cells."""
    found = at(table, **cells)
    assert len(found) == 1, cells
    return found.iloc[0]


# --- what was trained ---


def test_recovered_has_a_row_a_set_and_budget_and_says_how_long(planted):
    table = recovered([planted], BUDGETS)
    assert list(table.columns) == RECOVERED
    assert len(table) == 3 * len(masks(6))
    row = only(table, kept="0-3-5", budget="long")
    assert (row["layers"], row["epochs"], pd.isna(row["steps"])) == (3, 1.0, True)
    assert row["test_accuracy"] == pytest.approx(additive(UP)(mask_of([0, 3, 5])), abs=1e-3)
    assert (only(table, kept="0", budget="none")["steps"], only(table, kept="0", budget="short")["steps"]) == (0, 50)
    assert len(at(table, kept="0-1-2-3-4-5")) == 3
    assert table["budget"].unique().tolist() == ["none", "short", "long"]


def test_sets_that_the_raw_lattice_lacks_have_no_row_before_recovery(planted):
    sparse = replace(planted, raw=lattice(6, additive(DOWN), masks=[mask_of([0, 1]), 63]))
    assert at(recovered([sparse], BUDGETS), budget="none")["kept"].tolist() == ["0-1", "0-1-2-3-4-5"]
    assert sparse.exhaustive_sizes("none") == [] and sparse.exhaustive_sizes("long") == [1, 2, 3]


# --- what predicts it ---


def test_a_predictor_that_orders_recovered_accuracy_has_rank_correlation_one(planted):
    table = recovery_correlations([planted], [], **QUICK)
    assert list(table.columns) == CORRELATIONS
    for size in (1, 2, 3):
        fisher = only(table, dataset="a", layers=size, budget="long", predictor="gradient_fisher")
        assert (fisher["rho"], fisher["low"], fisher["high"]) == pytest.approx((1, 1, 1))
        before = only(table, dataset="a", layers=size, budget="none", predictor="raw_accuracy")
        assert (before["rho"], before["kind"], before["sets"]) == (pytest.approx(1), "raw", (6, 15, 20)[size - 1])
    assert only(table, dataset="a", layers=1, budget="long", predictor="raw_accuracy")["rho"] == pytest.approx(-1)
    assert only(table, dataset="a", layers=2, budget="short", predictor="shapley")["rho"] == pytest.approx(1)
    ceilings = at(table, kind="ceiling")
    assert set(ceilings["predictor"]) == {"recovered_validation"} and ceilings["rho"].tolist() == pytest.approx(
        [1] * 18
    )


def test_what_is_the_same_for_all_sets_predicts_nothing_and_has_no_row(planted):
    table = recovery_correlations([planted], [], **QUICK)
    assert at(table, predictor="weight_entropy").empty and at(table, predictor="spread", layers=1).empty
    assert len(at(table, predictor="spread", layers=2, dataset="a")) == 3


def test_few_sets_have_no_correlation():
    run = a_run(additive(UP[:4]), {"long": additive(UP[:4])}, {"gradient_fisher": UP[:4]})
    assert set(recovery_correlations([run], [], **QUICK)["layers"]) == {2}  # of one and of three layers there are four


def test_recovery_that_has_nothing_to_do_with_raw_accuracy_is_not_predicted():
    found = []
    for seed in range(25):
        drawn = dict(zip(masks(6), np.random.default_rng(seed).permutation(len(masks(6))), strict=True))
        run = a_run(additive(UP), {"long": lambda mask, of=drawn: 0.3 + 0.01 * of[mask]}, {"gradient_fisher": UP})
        found.append(only(recovery_correlations([run], [], **QUICK), dataset="a", layers=3, budget="long",
                          predictor="raw_accuracy"))  # fmt: skip
    assert abs(np.mean([row["rho"] for row in found])) < 0.1
    assert sum(row["low"] <= 0 <= row["high"] for row in found) >= 21


def test_the_pooled_line_is_the_mean_of_the_runs_and_lacks_what_one_run_lacks(planted):
    other = a_run(additive(UP), {"short": additive(UP), "long": additive(UP)},
                  {"gradient_fisher": UP, "weight_entropy": UP}, dataset="b")  # fmt: skip
    table = recovery_correlations([planted, other], [], **QUICK)
    pooled = only(table, dataset="all", layers=3, budget="long", predictor="raw_accuracy")
    single = at(table, layers=3, budget="long", predictor="raw_accuracy").query("dataset != 'all'")["rho"]
    assert pooled["rho"] == pytest.approx(single.mean()) and pooled["low"] <= pooled["rho"] <= pooled["high"]
    assert pd.isna(pooled["seed"]) and single.max() == pytest.approx(1)
    assert set(at(table, predictor="weight_entropy")["dataset"]) == {"b"}


def test_spearman_is_that_of_scipy_with_ties_and_unknown_where_nothing_varies():
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 5, (2, 7, 12)).astype(float)
    assert spearman(first, second) == pytest.approx(
        [spearmanr(a, b).statistic for a, b in zip(first, second, strict=True)]
    )
    assert np.isnan(spearman(np.ones((1, 3)), np.array([[1.0, 2, 3]]))).all()


def test_predictors_say_what_they_are_called(planted):
    sets = [mask_of([0, 5]), mask_of([1, 2])]
    found = predictors(planted, choices([planted], list(planted.rankings), {"mean_rank": {}}), sets)
    assert found["other", "mean_depth"].tolist() == [2.5, 1.5] and found["other", "spread"].tolist() == [2.5, 0.5]
    assert found["other", "first_layer"].tolist() == found["other", "last_layer"].tolist() == [1, 0]
    z = (np.array(UP) - np.mean(UP)) / np.std(UP)
    assert found["signal", "gradient_fisher"] == pytest.approx([(z[0] + z[5]) / 2, (z[1] + z[2]) / 2])
    assert found["fusion", "mean_rank"] == pytest.approx(
        [(1 + 6 + 7) / 2, (2 + 3 + 7) / 2]
    )  # 3.5 each from the flat signal
    assert found["raw", "raw_loss"] == pytest.approx([-planted.raw.loss(mask, "validation") for mask in sets])
    assert found["shapley", "shapley"] == pytest.approx([0.22, 0.25], abs=2e-3)


def test_scores_are_turned_so_that_larger_stays():
    path = [[0, 1, 2], [0, 2], [2]]
    assert keep_scores(Fused(path, [0.1, 0.0, 0.2])).tolist() == [0.1, 0.0, 0.2]
    assert keep_scores(Fused(path, [-0.1, 0.0, -0.2])).tolist() == [0.1, 0.0, 0.2]


# --- what choosing is worth ---


def chosen(runs, fusions=FUSIONS, strategies=STRATEGIES):
    return choices(runs, list(strategies), fusions)


@pytest.fixture
def pair():
    """Two datasets in which recovery favours opposite ends, though their signals are the same."""
    controls = {name: {"scores": [[0.0] * 4], "paths": [[[0, 1, 2, 3], [0, 1, 2], [0, 1], [0]]]}
                for name in ("random", "every_other", "top_first")}  # fmt: skip
    signals = {"gradient_fisher": [1.0, 2.0, 3.0, 4.0], "weight_entropy": [2.0, 1.0, 4.0, 3.0]} | controls
    worth = {"a": UP[:4], "b": UP[:4][::-1]}
    return [
        a_run(additive(UP[:4]), {"long": additive(of)}, signals, dataset=name, layers=4) for name, of in worth.items()
    ]


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


# --- whether it matters ---


def test_cochrans_q_of_the_drug_study():
    """46 patients, favourable or not under three drugs: Q = 8.4706, p = 0.0145 (SAS/STAT, PROC FREQ example)."""
    counts = {"FFF": 6, "FFU": 16, "FUF": 2, "FUU": 4, "UFF": 2, "UFU": 4, "UUF": 6, "UUU": 6}
    answers = [[letter == "F" for letter in letters] for letters, count in counts.items() for _ in range(count)]
    assert cochran(np.array(answers)) == pytest.approx((8.4706, 0.0145), abs=5e-5)


def test_cochrans_q_of_two_models_is_mcnemars_chi_square():
    first, second = np.random.default_rng(0).random((2, 300)) < [[0.8], [0.7]]
    found = mcnemar(first, second)
    expected = (found.only_first - found.only_second) ** 2 / (found.only_first + found.only_second)
    assert cochran(np.array([first, second]).T)[0] == pytest.approx(expected)


def by_chance(run, budget, right):
    """The run with predictions of a budget's test items that are right where `right` [sets, n] is."""
    trained = run.recovered[budget]
    predictions = np.where(right, trained.labels["test"], 1 - trained.labels["test"]).astype(np.int16)
    changed = replace(trained, predictions=trained.predictions | {"test": predictions})
    return replace(run, recovered={**run.recovered, budget: changed})


def test_equally_good_sets_spread_as_much_as_noise_and_are_rarely_told_apart(planted):
    rows = []
    for seed in range(40):
        hard = np.random.default_rng(seed).normal(size=1000)
        right = hard + np.random.default_rng(seed + 999).normal(size=(len(masks(6)), 1000)) > -0.5
        rows.append(only(noise([by_chance(planted, "long", right)], resamples=50), layers=3, budget="long"))
    mean = pd.DataFrame(rows).mean(numeric_only=True)
    assert mean["spread"] == pytest.approx(mean["paired_noise"], rel=0.1)
    assert mean["paired_noise"] < 0.9 * mean["noise"]  # sets fail on the same items
    assert sum(row["p"] < 0.05 for row in rows) <= 6
    assert abs(mean["best_minus_random"]) < 0.006


def test_sets_that_differ_are_told_apart_and_choosing_pays(planted):
    table = noise([planted], **QUICK)
    assert list(table.columns) == NOISE
    row = only(table, layers=2, budget="long")
    worth = [additive(UP)(mask) for mask in masks(6) if mask.bit_count() == 2]
    assert (row["best"], row["worst"], row["mean"]) == pytest.approx(
        (max(worth), min(worth), np.mean(worth)), abs=1e-3
    )
    assert row["spread"] == pytest.approx(np.std(worth, ddof=1), abs=1e-3)
    assert row["noise"] == pytest.approx(np.sqrt(row["mean"] * (1 - row["mean"]) / 1000))
    assert row["q"] == pytest.approx(14 * row["spread"] ** 2 / row["paired_noise"] ** 2)
    assert row["p"] < 1e-6 and row["best_minus_random_low"] > 0
    assert row["best_minus_random"] == pytest.approx(max(worth) - np.mean(worth), abs=1e-3)


# --- schedules ---


def test_signals_that_say_the_same_again_change_nothing(pair):
    table = schedules(pair, chosen(pair), **QUICK)
    assert list(table.columns) == SCHEDULES
    assert len(table) == 2 * (2 + 2 + 2)  # signals, the fusions that look at signals, and the two pooled lines
    steady = at(table, strategy="gradient_fisher")
    assert steady["tau"].tolist() == [1, 1] and steady[["difference", "difference_low"]].abs().to_numpy().max() == 0
    assert not {"greedy", "oracle", "random"} & set(table["strategy"])


def test_measuring_again_that_turns_a_bad_order_helps(pair):
    bad = [4.0, 3.0, 2.0, 1.0]  # keeps layer 0 longest, which is worth least
    again = {mask: [float(layer if mask != 15 else bad[layer]) for layer in range(4) if mask >> layer & 1]
             for mask in subsets(4)}  # fmt: skip
    run = replace(pair[0], rankings={**pair[0].rankings, "gradient_fisher": ranking(bad, again)})
    table = schedules([run], chosen([run], {}), **QUICK)
    row = only(table, strategy="gradient_fisher")
    once = [0.19, 0.16, 0.10][::1]
    best, first = additive(UP[:4]), [mask_of(kept) for kept in ([0, 1, 2], [0, 1], [0])]
    most = [best(mask_of(kept)) for kept in ([1, 2, 3], [2, 3], [3])]
    once = np.mean([m - best(mask) for m, mask in zip(most, first, strict=True)])
    assert row["one_shot_regret"] == pytest.approx(once, abs=1e-3)
    assert row["difference"] == pytest.approx(row["iterative_regret"] - row["one_shot_regret"])
    assert row["difference_high"] < 0 and row["tau"] < 1
    pooled = only(table, family="all", strategy="signals")
    assert pooled["difference"] == pytest.approx(at(table, family="gradient")["difference"].sum() / 2)


def test_where_sizes_were_not_measured_in_full_only_the_orders_are_compared(pair):
    run = replace(pair[0], raw=lattice(4, additive(UP[:4]), masks=[15, 14, 12, 8]))
    row = only(schedules([run], chosen([run], {}), **QUICK), strategy="gradient_fisher")
    assert row["tau"] == 1 and row[["one_shot_regret", "difference", "difference_low"]].isna().all()


# --- distillation ---


def lessons(helps=0.06):
    """1000 items; a way to teach that helps by so much, and one that does nothing."""
    labels = np.zeros(1000, np.int64)
    right = lambda share: np.where(np.arange(1000) < 1000 * share, 0, 1)  # noqa: E731
    arrays = {"labels": labels, "soft_predictions": right(0.7 + helps), "soft_control": right(0.7)}
    return arrays | {"hidden_predictions": right(0.7), "hidden_control": right(0.7)} | {
        "soft_steps": np.array(125), "hidden_steps": np.array(60)}  # fmt: skip


VARIANTS = {"soft": {"alpha": 1.0, "transfer": 4000}, "hidden": {}}


def test_every_way_to_teach_is_compared_with_its_own_control():
    table = distillation({"a/0": lessons()}, VARIANTS, **QUICK)
    assert list(table.columns) == DISTILLATION
    soft, hidden = only(table, variant="soft"), only(table, variant="hidden")
    assert (soft["accuracy"], soft["control_accuracy"], soft["over_control"]) == pytest.approx((0.76, 0.7, 0.06))
    assert soft["over_control_low"] > 0 and soft["p_holm"] == pytest.approx(2 * soft["p"]) and soft["steps"] == 125
    assert (hidden["over_control"], hidden["p"], hidden["p_holm"], hidden["changes"]) == (0, 1, 1, "")
    assert soft["changes"] == changes({"alpha": 1.0, "transfer": 4000}) == "alpha 1, transfer 4000"


def test_no_ways_to_teach_make_an_empty_table():
    assert distillation({"a/0": {}}, {}).empty and distillation_sentences(distillation({}, {})) == []


# --- sentences ---


@pytest.mark.parametrize(("helps", "says"), [(0.06, "1 help and 0 hurt: soft"), (-0.06, "0 help and 1 hurt: soft"),
                                              (0.002, "none is shown to help or hurt")])  # fmt: skip
def test_the_sentence_about_teaching_follows_holms_p(helps, says):
    table = distillation({"a/0": lessons(helps)}, VARIANTS, **QUICK)
    (sentence,) = distillation_sentences(table)
    assert says in sentence and "(alpha 1, transfer 4000)" in sentence and f"{abs(100 * helps):.1f} points" in sentence


def test_sentences_about_recovery_follow_p_and_interval(planted):
    known, table = Known(recovered([planted], BUDGETS)), noise([planted], **QUICK)
    assert known.after == {"none": "before recovery", "short": "after 50 steps", "long": "after 1 epoch"}
    intact, *sizes = recovery_sentences(table, known)
    assert intact.startswith("a: the intact model reaches 76.0 % before recovery, 76.0 % after 50 steps and")
    assert "a, 3 of 6 layers: the 20 sets reach 30.0 to 66.0 % before recovery" in sizes[2]
    assert all("after 1 epoch which layers stay matters." in sentence for sentence in sizes)
    alike = recovery_sentences(table.assign(p=0.4), known)
    assert all("no set is shown to differ" in sentence for sentence in alike[1:])
    assert all("choosing pays" in sentence for sentence in worth_sentences(table, known))
    assert all("is not shown to pay" in s for s in worth_sentences(table.assign(best_minus_random_low=-0.1), known))
    worse = table.assign(best_minus_random_low=-0.2, best_minus_random_high=-0.1)
    assert all("misleads" in sentence for sentence in worth_sentences(worse, known))


@pytest.mark.parametrize(("low", "high", "says"), [(-0.2, -0.1, "measuring again helps"), (0.1, 0.2, "again hurts"),
                                                    (-0.1, 0.1, "not shown to matter")])  # fmt: skip
def test_the_sentence_about_schedules_follows_the_interval(pair, low, high, says):
    every = chosen(pair)
    table = schedules(pair, every, **QUICK).assign(difference_low=low, difference_high=high)
    regret = recovered_regret(pair, every, **QUICK)
    said = schedule_sentences(table, regret, Known(recovered(pair, BUDGETS)))
    assert len(said) == 4 and all(says in sentence for sentence in said)
    assert "of 2 signals" in said[0] and "of 2 fusions" in said[1] and "After 1 epoch it is" in said[0]


@pytest.fixture
def tables(pair):
    every = chosen(pair)
    return {
        "recovered": recovered(pair, BUDGETS), "noise": noise(pair, **QUICK),
        "recovery_correlations": recovery_correlations(pair, every, **QUICK),
        "recovered_regret": recovered_regret(pair, every, **QUICK), "schedules": schedules(pair, every, **QUICK),
        "distillation": distillation({"a/0": lessons(), "b/0": lessons(0)}, VARIANTS, **QUICK),
    }  # fmt: skip


def test_sentences_about_prediction_and_choice_hold_the_numbers_of_their_tables(tables):
    said = sentences(tables)
    assert set(said) == {"recovery", "worth", "prediction", "choice", "target", "schedules", "distillation"}
    raw = {s.split(",")[0]: s for s in said["prediction"] if "rank correlation of raw" in s}
    assert "1.00 [1.00, 1.00] after 1 epoch: after 1 epoch it predicts which sets are better" in raw["a"]
    assert "after 1 epoch it predicts the opposite" in raw["b"] and set(raw) == {"a", "b", "all datasets"}
    cheap = next(s for s in said["prediction"] if s.startswith("a, 2 of 4 layers, rank"))
    assert "the best of 2 signals, gradient fisher, has 0.99" in cheap
    assert "weight entropy, the best on the other datasets, has" in cheap
    assert "greedy on raw accuracy +5.0 points" in said["choice"][2] and said["choice"][2].startswith(
        "a, 1 of 4 layers"
    )
    assert "of 2 signals 2 are better, 0 worse" in said["choice"][2]
    (target,) = (s for s in said["target"] if s.startswith("b"))
    assert "1 fusion over 3 depths" in target and "0.0 points when they learned from the very sets" in target
    assert not re.search(r"\b(nan|None|NA)\b", json.dumps(said))


def test_seeds_are_named_where_there_are_several(pair):
    known = Known(recovered([pair[0], replace(pair[0], seed=1)], BUDGETS))
    assert known.place({"dataset": "a", "seed": 1}, 2) == "a, seed 1, 2 of 4 layers"
    assert Known(recovered(pair, BUDGETS)).place({"dataset": "all", "seed": pd.NA}, 2) == "all datasets, 2 of 4 layers"
    assert (series(["a"]), series("ab"), series("abc")) == ("a", "a and b", "a, b and c")
    assert (chance(0.0004), chance(0.034)) == ("p < 0.001", "p = 0.034")


# --- files and the stage ---


@pytest.fixture
def folder(pair, tmp_path):
    """What the heavy stages would have written."""
    for run in pair:
        name = f"{run.dataset}/{run.seed}"
        run.raw.save(tmp_path / f"data/lattice/raw/{name}.npz")
        for budget in BUDGETS:
            run.recovered["long"].save(tmp_path / f"data/lattice/{budget}/{name}.npz")
        signals = {name: of["remeasured"] for name, of in run.rankings.items() if "remeasured" in of}
        write_json(signals, tmp_path / f"data/signals/iterative/{name}.json")
        write_arrays(lessons(), tmp_path / f"data/distillations/{name}.npz")
    return tmp_path


def test_runs_are_read_with_controls_that_need_no_measurement(folder, pair):
    found = read_runs(["a/0", "b/0"], BUDGETS, STRATEGIES, folder / "data")
    assert [(run.dataset, run.seed, list(run.recovered)) for run in found] == [
        ("a", 0, ["short", "long"]), ("b", 0, ["short", "long"])]  # fmt: skip
    assert found[0].rankings["gradient_fisher"] == pair[0].rankings["gradient_fisher"]
    assert len(found[0].rankings["random"]["paths"]) == 3
    assert found[0].rankings["top_first"]["paths"][0][-1] == [0]
    assert set(read_distillations(["a/0"], folder / "data")["a/0"]) == set(lessons())


def test_a_signal_that_was_not_measured_again_is_named(folder):
    with pytest.raises(ValueError, match=r"weight_magnitude was not measured again in a/0.*dvc repro"):
        read_runs(["a/0"], BUDGETS, STRATEGIES | {"weight_magnitude": {"prune_first": "low"}}, folder / "data")
    with pytest.raises(FileNotFoundError, match=r"a/9\.(npz|json)"):
        read_runs(["a/9"], BUDGETS, STRATEGIES, folder / "data")


def test_the_stage_writes_the_same_bytes_twice_and_no_word_for_missing(folder, monkeypatch):
    section = lambda content: SimpleNamespace(model_dump=lambda: content)  # noqa: E731
    monkeypatch.chdir(folder)
    monkeypatch.setattr(stages.study, "load", lambda: SimpleNamespace(
        grid=section({"datasets": ["a", "b"], "seeds": [0]}), strategies=STRATEGIES, fusions=FUSIONS,
        budgets={name: section(budget) for name, budget in BUDGETS.items()},
        distillations=VARIANTS, evaluate=SimpleNamespace(resamples=200, level=0.95),
    ))  # fmt: skip
    written = []
    for _ in range(2):
        stages.study.study()
        files = [path for path in sorted((folder / "reports").rglob("*")) if path.is_file()]
        written.append({str(path.relative_to(folder / "reports")): path.read_bytes() for path in files})
    assert written[0] == written[1]
    names = ["distillation", "noise", "recovered", "recovered_regret", "recovery_correlations", "schedules"]
    pictures = ["distillation", "noise", "recovered_regret", "recovery", "recovery_correlations", "schedules"]
    others = {f"study/figures/{name}.png" for name in pictures} | {"study/sentences.json", "study.html"}
    assert set(written[0]) == {f"study/{name}.csv" for name in names} | others
    for name in names:
        text = written[0][f"study/{name}.csv"].decode()
        assert "\r" not in text and not re.search(r"(^|,)(nan|NaN|None|<NA>)(,|$)", text, re.MULTILINE), name
