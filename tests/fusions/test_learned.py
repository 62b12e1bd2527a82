"""Learned fusions against planted signals and noise."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from slim.ranking.removal_order import path
from slim.ranking.removals import removals
from slim.subsets.lattice import layers_of
from tests.builders import lattice
from tests.fusions.made_up import LEARNED, LINES, WORTH, additive, case, combined, noise, planted, weights


@pytest.mark.parametrize("name", LEARNED)
def test_a_learned_fusion_finds_the_planted_signal(name):
    found = combined(name, case(planted(), additive()), rows="lattice")
    learned = weights(name, found)
    assert max(learned, key=lambda signal: abs(learned[signal])) == "signal_0"
    assert learned["signal_0"] * (-1 if name in LINES else 1) > 0  # what is worth more, costs more
    assert found.path == path(np.argsort(WORTH).tolist())
    assert found.fit["r2_out_of_sample"] > 0.5
    assert found.fit["r2_in_sample"] > found.fit["r2_out_of_sample"]


@pytest.mark.parametrize("name", LEARNED)
def test_a_learned_fusion_finds_nothing_in_noise(name):
    assert combined(name, case(noise(6), lattice(6)), rows="lattice").fit["r2_out_of_sample"] < 0.2


@pytest.mark.parametrize("name", LEARNED)
def test_a_rule_learned_on_other_datasets_orders_one_without_any_evaluation(name):
    """The worth of a layer is planted in the first signal of every dataset; here no accuracy at all is known."""
    elsewhere = [np.random.default_rng(seed).permutation(WORTH) for seed in (1, 2, 3)]
    others = tuple(case(planted(worth, i), additive(worth)) for i, worth in enumerate(elsewhere))
    unseen = case(planted(seed=9), lattice(6, masks=[0b111111]), others=others)
    found = combined(name, unseen, rows="other_datasets")
    assert found.path == path(np.argsort(WORTH).tolist())
    assert found.fit["evaluations"] == 0
    assert found.fit["rows"] == 3 * 186
    assert "r2_here" not in found.fit
    measured = combined(name, replace(unseen, lattice=additive()), rows="other_datasets")
    assert (measured.path, measured.scores) == (found.path, found.scores)
    assert measured.fit["r2_here"] > 0.5
    assert measured.fit["r2_out_of_sample"] > 0.5
    opposite = replace(unseen, lattice=lattice(6, lambda mask: 1 - sum(WORTH[layer] for layer in layers_of(mask))))
    assert combined(name, opposite, rows="other_datasets").fit["r2_here"] < 0
    alone = combined(name, replace(unseen, others=others[:1]), rows="other_datasets")
    assert "r2_out_of_sample" not in alone.fit


def test_linear_regression_with_more_signals_than_rows_only_repeats_the_measurements():
    one = case(noise(5, 12), lattice(5))
    found = combined("linear_regression", one, rows="leave_one_out")
    assert found.scores == pytest.approx(removals(one, "leave_one_out").target.tolist())
    assert found.fit["r2_in_sample"] == pytest.approx(1.0)


def test_the_stronger_the_ridge_the_smaller_the_coefficients():
    one = case(planted(), additive())
    free = combined("linear_regression", one).fit["coefficients"]
    assert combined("ridge", one, alpha=1e-9).fit["coefficients"] == pytest.approx(free, abs=1e-6)
    sizes = [
        sum(value**2 for value in combined("ridge", one, alpha=alpha).fit["coefficients"].values())
        for alpha in (1e-9, 0.1, 1.0, 10.0, 1000.0)
    ]
    assert all(larger > smaller for larger, smaller in pairwise(sizes))
    assert sizes[-1] < sizes[0] / 100


def test_boosted_trees_see_what_no_line_can():
    """A layer costs something only where two signals have the same sign."""
    signals = np.array([[1.0, 1.0], [2.0, -1.0], [-1.0, 2.0], [-2.0, -2.0]])
    one = case(signals, additive(0.1 * (signals[:, 0] * signals[:, 1] > 0)))

    def explained(name: str = "gradient_boosting", **options) -> float:
        return combined(name, one, rows="leave_one_out", **options).fit["r2_in_sample"]

    assert explained("linear_regression") < 0.2
    assert explained() > 0.9
    assert explained(trees=1) < explained(trees=10) < explained()
    assert explained(learning_rate=0.001) < explained()
    assert explained(depth=1, trees=10) < explained(depth=2, trees=10)
