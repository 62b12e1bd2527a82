"""Fusions under the iterative schedule: signals change with every subset."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import rankdata

from slim.ranking.fusion_input import FusionInput
from slim.ranking.removal_order import path
from slim.ranking.removals import removals, standardised
from slim.subsets.lattice import Lattice, layers_of, mask_of
from tests.builders import subsets
from tests.fusion_inputs import WORTH, additive, fuse, fusion_input, noise, planted, signal_names

TURNED = {  # signal 0 says the opposite as soon as a layer is gone
    mask: (np.column_stack([WORTH, noise(6)]) * (1 if mask == 0b111111 else [-1, 1, 1, 1]))[layers_of(mask)]
    for mask in subsets(6)
}


def turned(found: Lattice | None = None) -> FusionInput:
    return fusion_input(planted(), found or additive(), iterative_signals=TURNED.__getitem__)


def by_hand(one: FusionInput, keep_scores_of) -> list[list[int]]:
    """The iterative path, by trying at every set which layer has the lowest score."""
    steps = [list(range(one.lattice.layers))]
    while len(steps[-1]) > 1:
        scores = keep_scores_of(one.iterative_signals(mask_of(steps[-1]))).tolist()
        gone = min(zip(scores, [-layer for layer in steps[-1]], strict=True))[1]
        steps.append([layer for layer in steps[-1] if layer != -gone])
    return steps


def test_iterative_mean_ranks_are_taken_again_at_every_set():
    found = fuse("mean_rank", turned())
    assert found.path == by_hand(turned(), lambda signals: rankdata(signals, axis=0).mean(axis=1))
    one_shot = fuse("mean_rank", replace(turned(), iterative_signals=None))
    assert found.scores == one_shot.scores
    assert found.path != one_shot.path


def test_an_iterative_fusion_predicts_again_at_every_set():
    """The rule is learned elsewhere, where signal 0 is worth; here the signal turns once a layer is gone."""
    others = (fusion_input(planted(), additive()),)
    found = fuse("linear_regression", replace(turned(), others=others), rows="other_datasets")
    one_shot = fuse(
        "linear_regression", replace(turned(), others=others, iterative_signals=None), rows="other_datasets"
    )
    coefficients = np.array(list(one_shot.diagnostics()["coefficients"].values()))
    assert found.diagnostics()["coefficients"] == one_shot.diagnostics()["coefficients"]
    assert found.path == by_hand(turned(), lambda signals: -standardised(signals) @ coefficients)
    assert one_shot.path == path(np.argsort(WORTH).tolist())
    assert found.path[1] == one_shot.path[1] == [1, 2, 3, 4, 5]
    assert found.path[2] == [2, 3, 4, 5]  # the layer worth most: there its signal is lowest
    assert found.fit["r2_here"] < one_shot.fit["r2_here"]


def test_iterative_rows_walk_each_signal_over_what_was_measured_again():
    one = replace(
        turned(), signals=planted()[:, :1], names=signal_names(1), iterative_signals=lambda mask: TURNED[mask][:, :1]
    )
    data = removals(one, "trajectories")
    path_ = by_hand(one, lambda signals: signals[:, 0])
    pairs = sorted((mask_of(kept), (set(kept) - set(rest)).pop()) for kept, rest in pairwise(path_))
    assert data.groups.tolist() == [mask for mask, _ in pairs]
    assert data.groups.tolist() != removals(replace(one, iterative_signals=None), "trajectories").groups.tolist()
    expected = [standardised(TURNED[mask][:, :1])[layers_of(mask).index(layer), 0] for mask, layer in pairs]
    assert data.features[:, 0] == pytest.approx(expected)


def test_controls_that_look_at_no_signal_do_not_care_for_the_schedule():
    for name in ("greedy", "oracle"):
        assert fuse(name, turned()) == fuse(name, replace(turned(), iterative_signals=None))
