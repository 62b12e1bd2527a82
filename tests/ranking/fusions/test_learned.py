"""Learned fusions against planted signals and noise."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from slim.ranking.removal_order import path
from slim.ranking.removals import removals
from slim.subsets.lattice import layers_of
from tests.builders import lattice
from tests.fusion_inputs import LEARNED, LINES, WORTH, additive, full_fit, fuse, fusion_input, noise, planted, weights


@pytest.mark.parametrize("name", LEARNED)
def test_a_learned_fusion_finds_the_planted_signal(name):
    result = fuse(name, fusion_input(planted(), additive()), rows="lattice")
    learned = weights(name, result)
    assert max(learned, key=lambda signal: abs(learned[signal])) == "signal_0"
    assert learned["signal_0"] * (-1 if name in LINES else 1) > 0  # what is worth more, costs more
    assert result.path == path(np.argsort(WORTH).tolist())
    assert full_fit(result)["r2_out_of_sample"] > 0.5
    assert result.fit["r2_in_sample"] > full_fit(result)["r2_out_of_sample"]


@pytest.mark.parametrize("name", LEARNED)
def test_a_learned_fusion_finds_nothing_in_noise(name):
    assert fuse(name, fusion_input(noise(6), lattice(6)), rows="lattice").diagnostics()["r2_out_of_sample"] < 0.2


@pytest.mark.parametrize("name", LEARNED)
def test_a_rule_learned_on_other_datasets_orders_one_without_any_evaluation(name):
    """The worth of a layer is planted in the first signal of every dataset; here no accuracy at all is known."""
    elsewhere = [np.random.default_rng(seed).permutation(WORTH) for seed in (1, 2, 3)]
    others = tuple(fusion_input(planted(worth, i), additive(worth)) for i, worth in enumerate(elsewhere))
    unseen = fusion_input(planted(seed=9), lattice(6, masks=[0b111111]), others=others)
    result = fuse(name, unseen, rows="other_datasets")
    assert result.path == path(np.argsort(WORTH).tolist())
    assert result.fit["evaluations"] == 0
    assert result.fit["rows"] == 3 * 186
    assert "r2_here" not in result.fit
    measured = fuse(name, replace(unseen, lattice=additive()), rows="other_datasets")
    assert (measured.path, measured.scores) == (result.path, result.scores)
    assert measured.fit["r2_here"] > 0.5
    assert full_fit(measured)["r2_out_of_sample"] > 0.5
    opposite = replace(unseen, lattice=lattice(6, lambda mask: 1 - sum(WORTH[layer] for layer in layers_of(mask))))
    assert fuse(name, opposite, rows="other_datasets").fit["r2_here"] < 0
    alone = fuse(name, replace(unseen, others=others[:1]), rows="other_datasets")
    assert "r2_out_of_sample" not in full_fit(alone)


def test_linear_regression_with_more_signals_than_rows_repeats_the_measurements():
    inputs = fusion_input(noise(5, 12), lattice(5))
    result = fuse("linear_regression", inputs, rows="leave_one_out")
    assert result.scores == pytest.approx(removals(inputs, "leave_one_out").target.tolist())
    assert result.fit["r2_in_sample"] == pytest.approx(1.0)


def test_the_stronger_the_ridge_the_smaller_the_coefficients():
    inputs = fusion_input(planted(), additive())
    free = fuse("linear_regression", inputs).diagnostics()["coefficients"]
    assert fuse("ridge", inputs, alpha=1e-9).diagnostics()["coefficients"] == pytest.approx(free, abs=1e-6)
    sizes = [
        sum(value**2 for value in fuse("ridge", inputs, alpha=alpha).diagnostics()["coefficients"].values())
        for alpha in (1e-9, 0.1, 1.0, 10.0, 1000.0)
    ]
    assert all(larger > smaller for larger, smaller in pairwise(sizes))
    assert sizes[-1] < sizes[0] / 100


def test_boosted_trees_see_what_no_line_can():
    """A layer costs something only where two signals have the same sign."""
    signals = np.array([[1.0, 1.0], [2.0, -1.0], [-1.0, 2.0], [-2.0, -2.0]])
    inputs = fusion_input(signals, additive(0.1 * (signals[:, 0] * signals[:, 1] > 0)))

    def explained(name: str = "gradient_boosting", **options) -> float:
        return fuse(name, inputs, rows="leave_one_out", **options).fit["r2_in_sample"]

    assert explained("linear_regression") < 0.2
    assert explained() > 0.9
    assert explained(n_estimators=1) < explained(n_estimators=10) < explained()
    assert explained(learning_rate=0.001) < explained()
    assert explained(max_depth=1, n_estimators=10) < explained(max_depth=2, n_estimators=10)
