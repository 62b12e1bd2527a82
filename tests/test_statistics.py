"""The hierarchical bootstrap, Holm and rank tests against published numbers, brute force and simulated data."""

from itertools import chain, combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import friedmanchisquare
from slim.evaluation.metrics.hierarchical import bootstrap_means, hierarchical_difference, summarised
from slim.evaluation.metrics.intervals import difference_interval, mcnemar
from slim.evaluation.metrics.multiple import holm
from slim.evaluation.metrics.ranks import cliques, critical_difference, friedman, ranked


def test_with_one_seed_it_is_the_paired_bootstrap_over_items():
    rng = np.random.default_rng(5)
    first, second = rng.random(400) < 0.8, rng.random(400) < 0.75
    found = hierarchical_difference(first, second, resamples=20_000)
    assert found.difference == pytest.approx(first.mean() - second.mean())
    expected = difference_interval(first, second, resamples=20_000)
    assert (found.low, found.high) == pytest.approx(expected, abs=0.003)
    assert found.p == pytest.approx(mcnemar(first, second).p, abs=0.05)


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
    found = bootstrap_means(np.array([one, one, two, one + two]), resamples=300, rng=rng)
    assert (found[0] == found[1]).all() and found[0] + found[2] == pytest.approx(found[3])


def test_with_a_seed_effect_the_interval_covers_where_one_over_items_alone_does_not():
    """200 simulated experiments of 5 seeds and 300 items, whose true difference is 0.03."""
    rng = np.random.default_rng(0)
    covered = {"both": 0, "items": 0}
    for _ in range(200):
        seeds, items = rng.normal(0, 0.03, (5, 1)), rng.normal(0, 0.2, 300)
        d = 0.03 + seeds + items + rng.normal(0, 0.2, (5, 300))
        for name, table in {"both": d, "items": d.mean(axis=0, keepdims=True)}.items():
            found = hierarchical_difference(table, np.zeros_like(table), resamples=300)
            covered[name] += found.low <= 0.03 <= found.high
    assert covered["both"] >= 180
    assert covered["items"] < 165


def test_p_falls_below_alpha_about_as_often_as_alpha_when_nothing_differs():
    rng = np.random.default_rng(3)
    draws = [rng.random((2, 1, 300)) < 0.7 for _ in range(300)]
    share = np.mean([hierarchical_difference(*draw, resamples=400).p < 0.05 for draw in draws])
    assert share == pytest.approx(0.05, abs=0.03)


def test_equal_models_have_no_interval_and_p_one():
    correct = np.random.default_rng(0).random((3, 50)) < 0.5
    assert hierarchical_difference(correct, correct) == (0.0, 0.0, 0.0, 1.0)


def test_p_is_never_zero_and_counts_both_sides():
    assert summarised(1.0, np.ones(99)).p == pytest.approx(2 / 100)
    assert summarised(-1.0, -np.ones(99)).p == pytest.approx(2 / 100)
    assert summarised(0.5, np.array([-1.0] * 24 + [1.0] * 75)).p == pytest.approx(2 * 25 / 100)


@pytest.mark.parametrize(("first", "second"), [((3, 4), (2, 4)), ((4,), (5,)), ((0,), (0,)), ((2, 0), (2, 0))])
def test_what_cannot_be_compared_is_refused(first, second):
    with pytest.raises(ValueError, match="same n > 0 items"):
        hierarchical_difference(np.zeros(first), np.zeros(second))


def test_holm_by_hand():
    """Sorted .005, .01, .03, .04 times 4, 3, 2, 1 is .02, .03, .06, .04, and none may be below the one before."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.7]) == [1.0, 1.0] and holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=4))
def test_holm_is_closed_testing_by_bonferroni(p):
    """A hypothesis is rejected when every intersection that holds it is, each by its smallest p times its size."""
    every = chain.from_iterable(combinations(range(len(p)), size) for size in range(1, len(p) + 1))
    by_set = {names: min(1.0, len(names) * min(p[i] for i in names)) for names in every}
    closed = [max(value for names, value in by_set.items() if i in names) for i in range(len(p))]
    assert holm(p) == pytest.approx(closed)


@pytest.mark.parametrize("p", [[0.1, 1.2], [-0.1], [float("nan")]])
def test_what_is_no_p_value_is_refused(p):
    with pytest.raises(ValueError, match=r"p-values in \[0, 1\]"):
        holm(p)


def test_friedman_agrees_with_scipy_with_and_without_ties():
    rng = np.random.default_rng(0)
    for values in (rng.random((6, 5)), rng.integers(0, 3, (9, 4))):
        found, expected = friedman(values), friedmanchisquare(*values.T)
        assert found == pytest.approx((expected.statistic, expected.pvalue))


def test_friedman_of_all_ties_and_of_too_little():
    assert friedman(np.ones((3, 4))) == (0.0, 1.0)
    with pytest.raises(ValueError, match="two or more blocks"):
        friedman(np.ones((1, 4)))


def test_the_best_has_rank_one_and_ties_share():
    assert ranked(np.array([[0.9, 0.5, 0.9, 0.1]])).tolist() == [[1.5, 3, 1.5, 4]]


@pytest.mark.parametrize(
    ("methods", "q"), [(2, 1.960), (3, 2.343), (4, 2.569), (5, 2.728), (6, 2.850), (8, 3.031), (10, 3.164)]
)
def test_critical_differences_are_those_of_demsars_table(methods, q):
    """Table 5(a) of Demsar (2006), alpha .05; with N = k (k + 1) blocks the root is that of one sixth."""
    assert critical_difference(methods, methods * (methods + 1)) == pytest.approx(q / 6**0.5, abs=0.0005)


def test_demsars_own_example():
    """Section 3.2.2: four classifiers on 14 data sets, critical difference 1.25, two overlapping groups at .10.

    At .05 the pairs 3.143 with 2.000 or 1.964 (1.143, 1.179) are within 1.25: one group.
    """
    mean_ranks = {"C4.5": 3.143, "C4.5+m": 2.000, "C4.5+cf": 2.893, "C4.5+m+cf": 1.964}
    at_5, at_10 = (critical_difference(4, 14, alpha=alpha) for alpha in (0.05, 0.10))
    assert (at_5, at_10) == pytest.approx((1.25, 1.12), abs=0.005)
    assert cliques(mean_ranks, at_5) == [["C4.5+m+cf", "C4.5+m", "C4.5+cf", "C4.5"]]
    assert cliques(mean_ranks, at_10) == [["C4.5+m+cf", "C4.5+m", "C4.5+cf"], ["C4.5+cf", "C4.5"]]


@given(st.lists(st.integers(0, 40), min_size=1, max_size=7), st.integers(1, 20))
def test_cliques_are_all_maximal_groups_within_the_difference(ranks, difference):
    names = {f"m{i}": rank / 2 for i, rank in enumerate(ranks)}
    fits = lambda group: max(map(names.get, group)) - min(map(names.get, group)) < difference / 2  # noqa: E731
    groups = [set(g) for size in range(2, len(names) + 1) for g in combinations(names, size) if fits(g)]
    maximal = [group for group in groups if not any(group < other for other in groups)]
    found = [set(group) for group in cliques(names, difference / 2)]
    assert len(found) == len(maximal) and all(group in maximal for group in found)


def test_a_critical_difference_needs_methods_and_blocks():
    with pytest.raises(ValueError, match="two methods and a block"):
        critical_difference(1, 5)
