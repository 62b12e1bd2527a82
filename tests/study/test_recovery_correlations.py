"""What predicts recovered accuracy, on planted truths."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from slim.ranking.fusions._fusion import FusionResult
from slim.report.study._choices import choices, keep_scores
from slim.report.study.recovery_correlations import COLUMNS as CORRELATIONS
from slim.report.study.recovery_correlations import predictors, recovery_correlations, spearman
from slim.subsets.lattice import mask_of
from tests.study.planted import QUICK, UP, a_run, additive, at, masks, only


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
    assert keep_scores(FusionResult(path, [0.1, 0.0, 0.2])).tolist() == [0.1, 0.0, 0.2]
    assert keep_scores(FusionResult(path, [-0.1, 0.0, -0.2])).tolist() == [0.1, 0.0, 0.2]
