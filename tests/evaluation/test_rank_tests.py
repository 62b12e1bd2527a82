"""Holm and Friedman against hand counts, closed testing and scipy."""

from itertools import chain, combinations

import numpy as np
import pytest

from slim.evaluation.rank_tests import friedman, holm


def test_holm_by_hand():
    """Sorted .005, .01, .03, .04 times 4, 3, 2, 1 is .02, .03, .06, .04, and none may be below the one before."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.7]) == [1.0, 1.0] and holm([]) == []


@pytest.mark.parametrize("seed", range(6))
def test_holm_is_closed_testing_by_bonferroni(seed):
    """A hypothesis is rejected when every intersection that holds it is, each by its smallest p times its size."""
    p = list(np.random.default_rng(seed).uniform(0, 0.3, seed % 4 + 1))
    every = chain.from_iterable(combinations(range(len(p)), size) for size in range(1, len(p) + 1))
    by_set = {names: min(1.0, len(names) * min(p[i] for i in names)) for names in every}
    closed = [max(value for names, value in by_set.items() if i in names) for i in range(len(p))]
    assert holm(p) == pytest.approx(closed)


@pytest.mark.parametrize("p", [[0.1, 1.2], [-0.1], [float("nan")]])
def test_what_is_no_p_value_is_refused(p):
    with pytest.raises(ValueError, match=r"p-values in \[0, 1\]"):
        holm(p)


def test_friedman_by_hand_with_ties_and_without_any_difference():
    """Ranks 1 2 3, 1 2 3, 1 3 2 and 1.5 1.5 3; the statistic is corrected for the tie."""
    of = friedman(np.array([[0.9, 0.8, 0.7], [0.9, 0.8, 0.7], [0.9, 0.7, 0.8], [0.8, 0.8, 0.1]]))
    assert of.mean_ranks == pytest.approx([4.5 / 4, 8.5 / 4, 11 / 4])
    statistic = 12 / (4 * 3 * 4) * (4.5**2 + 8.5**2 + 11**2) - 3 * 4 * 4
    corrected = statistic / (1 - 6 / (4 * (27 - 3)))
    assert of.p == pytest.approx(np.exp(-corrected / 2))  # chi-square with two degrees of freedom
    assert friedman(np.ones((3, 4))).p == 1
    with pytest.raises(ValueError, match="two or more blocks of three"):
        friedman(np.ones((1, 4)))
