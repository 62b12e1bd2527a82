"""A model that holds smaller ones: each computes what it does by itself, and the search keeps to its budget."""

from contextlib import nullcontext
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from slim.compression.compressors.rank_units import rank_units
from slim.compression.compressors.subnet import subnet
from slim.compression.compressors.supernet import supernet
from slim.compression.widths import latency
from slim.compression.widths.elastic import Space, extracted, running, sorted_neurons, space_of
from slim.compression.widths.measuring import least_needed, measured_on
from slim.compression.widths.sandwich import Sandwich
from slim.compression.widths.search import best_subnet, layer_parameters
from slim.compression.widths.units import gated, widths
from slim.modeling.formats import load_model
from slim.modeling.splits import Split
from slim.modeling.transformer import (
    ARCHITECTURES,
    feed_forward_in,
    feed_forward_out,
    forward_logits,
    layers,
    weight_of,
)
from tests import pico

RUNTIME = {"seed": 0, "threads": 1, "precision": "fp32", "batch_size": 8}
SMALL = (24, 0, 8)
"""Neurons of three layers of 32, the second left out."""


def context(work=None, family: str = "bert"):
    split = Split(pico.inputs(family), pico.labels())
    return SimpleNamespace(train=split, validation=split, seed=0, work=work)


@pytest.mark.parametrize("family", sorted(ARCHITECTURES))
def test_neurons_in_another_order_change_no_answer(family):
    model, inputs = pico.classifier(family), pico.inputs(family)
    ranks = [
        np.random.default_rng(i).permutation(n).tolist() for i, n in enumerate(widths(model.model)["feed_forward"])
    ]
    turned = model.with_model(sorted_neurons(model.model, ranks))
    np.testing.assert_allclose(turned.logits(inputs), model.logits(inputs), atol=1e-5)
    before, after = (weight_of(feed_forward_out(each.model, layers(each.model)[1])) for each in (model, turned))
    assert not torch.equal(before, after) and torch.equal(after[:, 0], before[:, ranks[1].index(0)])


@pytest.mark.parametrize("family", sorted(ARCHITECTURES))
def test_inside_the_whole_a_smaller_model_computes_what_it_does_by_itself_and_what_gates_leave(family, tmp_path):
    model, inputs = pico.classifier(family), pico.inputs(family)
    narrow = (24, 32, 8)
    gates = [torch.cat([torch.ones(kept), torch.zeros(32 - kept)]) for kept in narrow]
    with gated(model.model, {"feed_forward": gates}):
        masked = model.logits(inputs)
    whole = model.logits(inputs)
    for chosen, expected in ((narrow, masked), (SMALL, None), ((32, 32, 32), whole)):
        with running(model.model, chosen):
            inside = model.logits(inputs)
        outside = model.with_model(extracted(model.model, chosen))
        np.testing.assert_allclose(inside, outside.logits(inputs), atol=1e-5)
        if expected is not None:
            np.testing.assert_allclose(inside, expected, atol=1e-5)
        own = sum(each.numel() for layer in layers(outside.model) for each in layer.parameters())
        assert own == layer_parameters(model.model, chosen)
    np.testing.assert_array_equal(model.logits(inputs), whole)
    np.testing.assert_array_equal(model.with_model(extracted(model.model, (32, 32, 32))).logits(inputs), whole)


def test_a_step_of_a_smaller_model_moves_its_own_weights_alone():
    model = pico.classifier()
    before = {name: tensor.clone() for name, tensor in model.model.named_parameters()}
    with running(model.model, SMALL):
        _, batch = next(iter(model.batches(pico.texts())))
        logits = model.model(**batch).logits
    torch.nn.functional.cross_entropy(logits, torch.from_numpy(pico.labels()[: len(logits)])).backward()
    torch.optim.SGD(model.model.parameters(), lr=1.0).step()
    first, second, _ = layers(model.model)
    moved = feed_forward_in(model.model, first)[0].weight != before["bert.encoder.layer.0.intermediate.dense.weight"]
    assert moved[:24].any() and not moved[24:].any()
    moved = feed_forward_out(model.model, first).weight != before["bert.encoder.layer.0.output.dense.weight"]
    assert moved[:, :24].any() and not moved[:, 24:].any()
    assert all(parameter.grad is None for parameter in second.parameters())


def test_the_sandwich_is_the_mean_of_three_losses_and_may_learn_in_place():
    model = pico.classifier()
    space = Space.of(model.model, [0.25, 0.5], [1])
    assert space.choices == ((8, 16, 32), (0, 8, 16, 32), (8, 16, 32))
    _, batch = next(iter(model.batches(pico.texts())))
    batch["labels"] = torch.from_numpy(pico.labels()[: len(batch["input_ids"])])
    model.model.eval()
    torch.manual_seed(5)
    drawn = space.random()
    found = {}
    for in_place in (False, True):
        torch.manual_seed(5)
        found[in_place], logits = Sandwich(space, in_place)(model.model, batch)
    whole = torch.nn.functional.cross_entropy(logits, batch["labels"])
    smaller = []
    for chosen in (space.smallest, drawn):
        with running(model.model, chosen):
            smaller.append(model.model(**{name: batch[name] for name in batch if name != "labels"}).logits)
    expected = {
        False: [torch.nn.functional.cross_entropy(each, batch["labels"]) for each in smaller],
        True: [
            torch.nn.functional.kl_div(
                each.log_softmax(-1), logits.log_softmax(-1), log_target=True, reduction="batchmean"
            )
            for each in smaller
        ],
    }
    for in_place, others in expected.items():
        torch.testing.assert_close(found[in_place], torch.stack([whole, *others]).mean())


@pytest.mark.parametrize("family", sorted(ARCHITECTURES))
def test_a_sandwich_embeds_a_batch_once_and_its_gradients_are_those_of_three_passes(family, monkeypatch):
    model, labels = pico.classifier(family), torch.from_numpy(pico.labels())
    _, batch = next(iter(model.batches(pico.inputs(family))))
    batch["labels"] = labels = labels[: len(next(iter(batch.values())))]
    space = Space(((8, 32), (0, 32), (8, 32)))
    embedded, table = [], model.model.get_input_embeddings()
    forward = type(table).forward
    monkeypatch.setattr(type(table), "forward", lambda self, *a, **k: embedded.append(self) or forward(self, *a, **k))
    torch.manual_seed(5)
    Sandwich(space, in_place=False)(model.model.eval(), batch)[0].backward()
    assert embedded.count(table) == 1
    found = {name: each.grad.clone() for name, each in model.model.named_parameters() if each.grad is not None}
    model.model.zero_grad()
    torch.manual_seed(5)
    for chosen in (space.largest, space.smallest, space.random()):
        with running(model.model, chosen):
            (torch.nn.functional.cross_entropy(forward_logits(model.model, batch), labels) / 3).backward()
    expected = {name: each.grad for name, each in model.model.named_parameters() if each.grad is not None}
    assert embedded.count(table) == 4
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-6)


def test_layers_that_may_go_are_those_without_which_the_loss_is_lowest():
    model, split = pico.classifier(layers=4), context().validation
    with torch.no_grad():  # a layer that changes nothing, and two that matter
        silent = layers(model.model)[2]
        for each in (silent.attention.output.dense, silent.output.dense):
            each.weight.zero_()
            each.bias.zero_()
    losses = [measured_on(model, split)((*[32] * i, 0, *[32] * (3 - i))) for i in (1, 2, 3)]
    assert least_needed(model, 1, split) == [1 + int(np.argmin(losses))]
    assert least_needed(model, 3, split) == [1, 2, 3]


def test_the_search_keeps_to_its_budget_and_finds_more_than_chance_in_as_many_trials():
    space = Space(tuple((0, 8, 16, 32) for _ in range(6)))
    worth = np.array([1.0, 6.0, 2.0, 5.0, 0.5, 3.0])

    def loss(chosen):
        return -float(worth @ np.sqrt(chosen))

    found = {"tpe": [], "random": []}
    for sampler, losses in found.items():
        for seed in range(5):
            seen = []
            best = best_subnet(
                space, lambda each, seen=seen: seen.append(each) or loss(each), sum, 80, 40, sampler, seed
            )
            assert len(seen) == len(set(seen)) == 40 and all(sum(each) <= 80 for each in seen)
            assert loss(best) == min(map(loss, seen))
            losses.append(loss(best))
    assert np.mean(found["tpe"]) < np.mean(found["random"])
    # Fewer smaller models than trials: all of them, and an end.
    assert best_subnet(Space(((8, 16), (8,))), loss_of_two := lambda each: -sum(each), sum, 20, 10, "random", 0) == (
        8,
        8,
    )
    assert loss_of_two((8, 8)) == -16
    with pytest.raises(ValueError, match="no smaller model is within 7: the smallest costs 8"):
        best_subnet(Space(((8, 16),)), sum, sum, 7, 10, "tpe", 0)


def test_the_time_of_a_smaller_model_is_the_sum_of_its_layers(monkeypatch):
    model = pico.classifier()
    space = Space.of(model.model, [0.25, 0.5], [1])  # widths 32, 16, 8; the second layer may go
    times = {"0": [9.0, 10.0, 30.0], "1": [7.0] * 3, "2": [5.5] * 3, "gone": [8.0] * 3}
    ran = {}

    def timed(calls, rounds):
        for name, call in calls.items():
            with monkeypatch.context() as patch:
                patch.setattr(latency, "forward_logits", lambda model, batch: torch.zeros(1))
                patch.setattr(
                    latency, "running", lambda model, subnet, name=name: ran.setdefault(name, subnet) and nullcontext()
                )
                call()
        return times

    monkeypatch.setattr(latency, "interleaved", timed)
    seconds = latency.latency_on(model, space, pico.texts())
    assert ran == {"0": (32, 32, 32), "1": (16, 16, 16), "2": (8, 8, 8), "gone": (32, 0, 32)}
    # A layer of 32 takes 10 - 8 = 2, so what is beside layers takes 4; one of 16 takes (7 - 4) / 3 = 1.
    assert [seconds(each) for each in ((32, 32, 32), (32, 0, 32), (16, 32, 8))] == [10.0, 8.0, 7.5]
    fixed = latency.latency_on(model, Space.of(model.model, [0.25, 0.5], []), pico.texts())
    assert fixed((32, 32, 32)) == 10.0


def test_from_ranks_to_a_dense_smaller_model(tmp_path, monkeypatch):
    model, inputs = pico.classifier(hidden_size=32, intermediate_size=64), pico.texts()
    ranked = rank_units(model, context(), criterion="activation", units=("feed_forward",))
    whole = supernet(ranked, context(tmp_path), shares=(0.25, 0.5), removable=1, epochs=1, batch_size=8)
    assert space_of(whole.model).largest == (64, 64, 64) and not hasattr(whole.model.config, "unit_ranks")
    whole.save(tmp_path / "whole", inputs)
    again = load_model(tmp_path / "whole", RUNTIME)
    small = subnet(again, context(), keep=0.6, trials=8)
    own, all_layers = (sum(each.numel() for each in layers(of.model).parameters()) for of in (small, whole))
    assert own <= 0.6 * all_layers
    small.save(tmp_path / "small", inputs)
    np.testing.assert_allclose(load_model(tmp_path / "small", RUNTIME).logits(inputs), small.logits(inputs), atol=1e-5)
    assert (tmp_path / "small/model.safetensors").stat().st_size < 0.75 * (
        tmp_path / "whole/model.safetensors"
    ).stat().st_size
    # Where narrower layers are no faster, only leaving one out is.
    monkeypatch.setattr(
        latency, "interleaved", lambda calls, _: {name: [7.0 if name == "gone" else 10.0] for name in calls}
    )
    assert len(layers(subnet(again, context(), keep=0.8, of="latency", trials=4).model)) == 2
    with pytest.raises(ValueError, match=r"no smaller model is within 0\.05: the smallest costs 0\.\d+"):
        subnet(again, context(), keep=0.05, trials=8)
    with pytest.raises(ValueError, match="3 layers may go, and 2 come after the first"):
        supernet(ranked, context(tmp_path), removable=3)
    heads = rank_units(model, context(), criterion="magnitude", units=("heads",))
    with pytest.raises(ValueError, match="add feed_forward to units"):
        supernet(heads, context(tmp_path))


def test_activation_scores_of_two_neurons_by_hand():
    """s = sum |W1| * norm of inputs + sum |W2| * norm of what leaves the neuron; a silent one sorts last."""
    from slim.compression.widths.scores import CRITERIA

    model, train = pico.classifier(layers=1, intermediate_size=2), context().train
    into, out = (each.dense for each in (layers(model.model)[0].intermediate, layers(model.model)[0].output))
    seen = {"into": [], "out": []}
    hooks = [
        module.register_forward_pre_hook(lambda _, x, name=name: seen[name].append(x[0]))
        for name, module in (("into", into), ("out", out))
    ]
    for text in train.inputs:  # one by one, so that nothing is padding
        model.logits([text])
    for hook in hooks:
        hook.remove()
    norms = {
        name: torch.cat([each.flatten(0, 1) for each in of]).double().square().mean(0).sqrt()
        for name, of in seen.items()
    }
    expected = (into.weight.abs() * norms["into"]).sum(1) + (out.weight.abs() * norms["out"]).sum(0)
    found = CRITERIA["activation"](model, train, ["feed_forward"], 0)["feed_forward"][0]
    np.testing.assert_allclose(found, expected.detach(), rtol=1e-4)
