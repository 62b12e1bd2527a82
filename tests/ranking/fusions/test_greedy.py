"""Greedy against trying everything."""

import pytest

from slim.subsets.lattice import mask_of
from tests.builders import lattice
from tests.fusion_inputs import fuse, fusion_input, noise


@pytest.mark.parametrize("seed", range(5))
def test_greedy_agrees_with_trying_everything(seed):
    found = lattice(5, seed=seed, items=20)  # few items: many ties
    expected = [list(range(5))]
    while len(expected[-1]) > 1:
        tried = [[layer for layer in expected[-1] if layer != gone] for gone in reversed(expected[-1])]
        expected.append(max(tried, key=lambda kept: found.accuracy(mask_of(kept), "validation")))
    result = fuse("greedy", fusion_input(noise(5), found))
    assert result.path == expected
    assert result.fit["evaluations"] == 14


def test_greedy_breaks_ties_by_loss_then_by_depth():
    def flat(mask: int) -> float:
        return 0.5

    assert fuse("greedy", fusion_input(noise(3), lattice(3, flat))).path == [[0, 1, 2], [0, 1], [0]]
    losses = {0b110: 0.1}
    found = lattice(3, flat, loss_of=lambda mask: losses.get(mask, 1.0))
    assert fuse("greedy", fusion_input(noise(3), found)).path == [[0, 1, 2], [1, 2], [1]]
