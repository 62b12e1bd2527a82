"""The bootstrap against the slow one, the paired one over items, and simulated data."""

import numpy as np
import pytest
from scipy.stats import binom, binomtest

from slim.evaluation.bootstrap import accuracy_interval, bootstrap_means, paired_difference, summarize


def test_the_interval_of_an_accuracy_is_that_of_the_binomial():
    low, high = accuracy_interval(np.arange(500) < 400, resamples=20_000)
    assert (low, high) == pytest.approx(tuple(binom.ppf([0.025, 0.975], 500, 0.8) / 500), abs=0.003)
    assert accuracy_interval(np.ones(9, bool)) == (1.0, 1.0)
    with pytest.raises(ValueError, match="n > 0 items"):
        accuracy_interval(np.zeros(0, bool))


def test_the_interval_covers_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(0)
    intervals = [accuracy_interval(rng.random(300) < 0.7, seed=trial) for trial in range(1000)]
    assert np.mean([low <= 0.7 <= high for low, high in intervals]) == pytest.approx(0.95, abs=0.025)


def test_with_one_seed_it_is_the_paired_bootstrap_over_items():
    """Whose resample is one multinomial draw of how many items only one of the two gets right."""
    rng = np.random.default_rng(5)
    first, second = rng.random(400) < 0.8, rng.random(400) < 0.75
    of = paired_difference(first, second, resamples=20_000)
    assert of.difference == pytest.approx(first.mean() - second.mean())
    only = [int((first & ~second).sum()), int((second & ~first).sum())]
    drawn = rng.multinomial(400, [only[0] / 400, only[1] / 400, 1 - sum(only) / 400], size=20_000)
    expected = np.quantile((drawn[:, 0] - drawn[:, 1]) / 400, [0.025, 0.975])
    assert (of.low, of.high) == pytest.approx(tuple(expected), abs=0.003)
    assert of.p == pytest.approx(binomtest(only[0], sum(only)).pvalue, abs=0.05)


def test_it_is_the_slow_bootstrap_that_draws_seeds_and_then_items():
    rng = np.random.default_rng(1)
    d = rng.normal(0.1, 1, (3, 40)) + rng.normal(0, 0.3, (3, 1))
    slow = [d[np.ix_(rng.integers(0, 3, 3), rng.integers(0, 40, 40))].mean() for _ in range(20_000)]
    fast = bootstrap_means(d[None], resamples=20_000, rng=rng)[0]
    assert np.mean(fast) == pytest.approx(np.mean(slow), abs=0.01)
    assert np.std(fast) == pytest.approx(np.std(slow), rel=0.03)
    assert np.quantile(fast, [0.025, 0.975]) == pytest.approx(np.quantile(slow, [0.025, 0.975]), abs=0.05)


def test_tables_share_their_draws_so_that_equal_ones_stay_equal_and_the_sum_is_the_sum():
    rng = np.random.default_rng(2)
    one, two = rng.normal(size=(2, 3, 30))
    of = bootstrap_means(np.array([one, one, two, one + two]), resamples=300, rng=rng)
    assert (of[0] == of[1]).all() and of[0] + of[2] == pytest.approx(of[3])


def test_with_a_seed_effect_the_interval_covers_where_one_over_items_alone_does_not():
    """120 simulated experiments of 5 seeds and 300 items, whose true difference is 0.03."""
    rng = np.random.default_rng(0)
    covered = {"both": 0, "items": 0}
    for _ in range(120):
        seeds, items = rng.normal(0, 0.03, (5, 1)), rng.normal(0, 0.2, 300)
        d = 0.03 + seeds + items + rng.normal(0, 0.2, (5, 300))
        for name, table in {"both": d, "items": d.mean(axis=0, keepdims=True)}.items():
            of = paired_difference(table, np.zeros_like(table), resamples=300)
            covered[name] += of.low <= 0.03 <= of.high
    assert covered["both"] >= 108
    assert covered["items"] < 99


def test_p_falls_below_alpha_about_as_often_as_alpha_when_nothing_differs():
    rng = np.random.default_rng(3)
    draws = [rng.random((2, 1, 300)) < 0.7 for _ in range(300)]
    fraction = np.mean([paired_difference(*draw, resamples=400).p < 0.05 for draw in draws])
    assert fraction == pytest.approx(0.05, abs=0.03)


def test_equal_models_have_no_interval_and_p_one():
    correct = np.random.default_rng(0).random((3, 50)) < 0.5
    assert paired_difference(correct, correct) == (0.0, 0.0, 0.0, 1.0)


def test_p_is_never_zero_and_counts_both_sides():
    assert summarize(1.0, np.ones(99)).p == pytest.approx(2 / 100)
    assert summarize(-1.0, -np.ones(99)).p == pytest.approx(2 / 100)
    assert summarize(0.5, np.array([-1.0] * 24 + [1.0] * 75)).p == pytest.approx(2 * 25 / 100)


@pytest.mark.parametrize(("first", "second"), [((3, 4), (2, 4)), ((4,), (5,)), ((0,), (0,)), ((2, 0), (2, 0))])
def test_what_cannot_be_compared_is_refused(first, second):
    with pytest.raises(ValueError, match="same n > 0 items"):
        paired_difference(np.zeros(first), np.zeros(second))
