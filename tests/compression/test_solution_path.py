"""The solution path: what the loss needs enters first, weights stay as they are, a search that was killed goes on."""

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from slim.compression.compressors.narrow import narrow
from slim.compression.compressors.solution_path import solution_path
from slim.compression.widths.units import widths
from slim.modeling.splits import Split
from slim.modeling.transformer import layers
from slim.training import trainer
from slim.training.path_optimizers import LinearizedBregman, ReleasedPath
from tests import pico


def context(work, family: str = "bert"):
    split = Split(pico.inputs(family), pico.labels())
    return SimpleNamespace(train=split, validation=split, seed=0, work=work)


def masked_regression(optimizer, steps: int):
    """Six features of twenty matter, each less than the one before; the others have weights, too, but add noise."""
    draw = torch.Generator().manual_seed(0)
    inputs = torch.randn(400, 20, generator=draw)
    weights = torch.cat([torch.linspace(3, 1, 6), 0.3 * torch.randn(14, generator=draw)])
    target = inputs[:, :6] @ weights[:6]
    gates = torch.ones(20, requires_grad=True)
    search = optimizer([gates])
    active = []
    for _ in range(steps):
        loss = ((inputs * gates) @ weights - target).square().mean() / 2
        (gates.grad,) = torch.autograd.grad(loss, gates)
        search.step()
        active.append(search.state[gates]["gamma"] != 0)
    return search.state[gates], active


def test_features_enter_in_the_order_of_their_coefficients_noise_much_later_and_none_leaves():
    state, active = masked_regression(lambda g: LinearizedBregman(g, alpha=0.002, kappa=10.0, nu=1.0), 4000)
    entered = state["entered"]
    assert entered[:6].isfinite().all() and entered[:6].diff().min() >= 0
    assert entered[6:].min() > 2 * entered[:6].max()
    assert all((later | ~before).all() for before, later in pairwise(active))


def test_the_released_variant_lets_what_matters_enter_first():
    state, _ = masked_regression(lambda g: ReleasedPath(g, alpha=0.01), 600)
    assert state["entered"][:6].max() < state["entered"][6:].min()
    assert (state["gamma"] >= 0).all()


def test_a_step_by_hand():
    gate = torch.tensor([1.0, 1.0], requires_grad=True)
    search = LinearizedBregman([gate], alpha=0.5, kappa=2.0, nu=0.5, threshold=0.9)
    gate.grad = torch.tensor([0.1, -0.2])
    search.step()
    # Coupling: (1 - 0) / 0.5 = 2; M: 1 - 2 * 0.5 * (grad + 2); V: 0.5 * 2; Gamma: 2 * (1 - 0.9).
    torch.testing.assert_close(gate.detach(), torch.tensor([-1.1, -0.8]))
    torch.testing.assert_close(search.state[gate]["v"], torch.tensor([1.0, 1.0]))
    torch.testing.assert_close(search.state[gate]["gamma"], torch.tensor([0.2, 0.2]))
    assert search.state[gate]["entered"].tolist() == [1, 1]


@pytest.mark.parametrize("variant", ["bregman", "released"])
def test_the_search_ranks_every_unit_and_changes_no_weight(variant, tmp_path):
    model, inputs = pico.classifier(layers=2), pico.inputs()
    before = model.logits(inputs)
    found = solution_path(model, context(tmp_path), variant=variant, min_steps=20, batch_size=8)
    np.testing.assert_array_equal(found.logits(inputs), before)
    np.testing.assert_array_equal(model.logits(inputs), before)
    assert not any("gates" in name for name in found.model.state_dict())
    assert all(each.requires_grad for each in found.model.parameters())
    ranks = found.model.config.unit_ranks
    assert set(ranks) == {"query_key", "value", "feed_forward"}
    for kind, of_kind in ranks.items():
        assert sorted(place for own in of_kind for place in own) == list(range(sum(widths(model.model)[kind])))
    again = solution_path(model, context(tmp_path / "again"), variant=variant, min_steps=20, batch_size=8)
    assert again.model.config.unit_ranks == ranks
    sizes = [
        narrow(found, context(tmp_path), keep=keep, round_to=1).model.num_parameters() for keep in (0.3, 0.6, 0.9)
    ]
    assert sizes == sorted(sizes) and len(set(sizes)) == 3


def test_neurons_that_the_loss_does_not_feel_enter_last(tmp_path):
    model = pico.classifier(layers=2)
    with torch.no_grad():
        for layer in layers(model.model):
            layer.output.dense.weight[:, :8] = 0
    found = solution_path(
        model, context(tmp_path), units=("feed_forward",), min_steps=60, batch_size=8, nu=1000.0
    ).model.config.unit_ranks["feed_forward"]
    places = np.array(found)
    assert np.median(places[:, :8]) > np.median(places[:, 8:])


def test_a_search_that_was_killed_goes_on_to_the_same_ranks(tmp_path, monkeypatch):
    model = pico.classifier(layers=2)
    how = {"min_steps": 16, "batch_size": 8}
    whole = solution_path(model, context(tmp_path / "whole"), **how).model.config.unit_ranks
    monkeypatch.setattr(trainer, "SAVE_EVERY_SECONDS", 0.0)
    step, calls = LinearizedBregman.step, []

    def killed(self, closure=None):
        calls.append(0)
        if len(calls) == 9:
            raise KeyboardInterrupt
        return step(self, closure)

    monkeypatch.setattr(LinearizedBregman, "step", killed)
    with pytest.raises(KeyboardInterrupt):
        solution_path(model, context(tmp_path / "cut"), **how)
    resumed = solution_path(model, context(tmp_path / "cut"), **how).model.config.unit_ranks
    assert len(calls) < 16 + 9  # it did not begin anew
    assert resumed == whole
