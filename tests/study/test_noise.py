"""Sets that differ are told apart from chance, equal ones are not."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from slim.evaluation.metrics.intervals import mcnemar
from slim.report.study.noise import COLUMNS as NOISE
from slim.report.study.noise import cochran, noise
from tests.study.planted import QUICK, UP, additive, masks, only


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
