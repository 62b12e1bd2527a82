"""Merged feed-forward parts: neurons found again after any permutation, one set of weights in files and gradients."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from slim.compression.compressors.merge_ffn import merge_ffn
from slim.compression.compressors.quantize import quantize
from slim.compression.feed_forward.merging import FeedForward, alignment, mean
from slim.compression.feed_forward.parts import inner_inputs, merged, read
from slim.compression.feed_forward.windows import best_window
from slim.modeling.formats import load_model
from slim.modeling.splits import Split
from slim.modeling.transformer import (
    ARCHITECTURES,
    attention_output,
    feed_forward_in,
    feed_forward_out,
    keep_layers,
    layers,
    weight_of,
)
from slim.training.trainer import Schedule, train_classifier
from tests import pico

TEXTS = pico.texts(24)
RUNTIME = {"seed": 0, "threads": 1, "precision": "fp32", "batch_size": 8}


@pytest.fixture
def context():
    split = Split(TEXTS, pico.labels(24))
    return SimpleNamespace(train=split, validation=split, unlabelled=[], seed=0)


def with_permuted_copy(family: str, source: int, target: int, order: torch.Tensor):
    """A model one layer of which has the feed-forward part of another, with its neurons in another order.

    Layers add little to what they get, so that both parts get different inputs, but correlated ones.
    """
    model = pico.classifier(family, layers=3, **{"hidden_size": 32, ARCHITECTURES[family].inner: 64})
    one, other = (layers(model.model)[i] for i in (source, target))
    into = (feed_forward_in(model.model, each) for each in (one, other))
    with torch.no_grad():
        for each in (one, other):
            weight_of(attention_output(model.model, each)).mul_(0.03)
            weight_of(feed_forward_out(model.model, each)).mul_(0.03)
        for a, b in zip(*into, strict=True):
            halves = len(weight_of(a)) // len(order)
            rows = torch.cat([order + i * len(order) for i in range(halves)])
            weight_of(b).copy_(weight_of(a)[rows])
            if b.bias is not None:
                b.bias.copy_(a.bias[rows])
        a, b = (feed_forward_out(model.model, each) for each in (one, other))
        weight_of(b).copy_(weight_of(a)[:, order])
        if b.bias is not None:
            b.bias.copy_(a.bias)
    return model


@pytest.mark.parametrize("family", sorted(ARCHITECTURES))
def test_permuted_neurons_are_found_from_other_inputs_and_nothing_is_lost(family):
    """The layers get different inputs; a vanilla mean, or the inverse of the permutation, changes the answers."""
    order = torch.randperm(64, generator=torch.Generator().manual_seed(3))
    model, inputs = with_permuted_copy(family, 0, 1, order), pico.inputs(family, 48)
    features = inner_inputs(model, inputs)
    found = alignment(features[0], features[1])
    assert (order[found] == torch.arange(64)).float().mean() > 0.95  # a few neurons of 64 may do the same
    shared = merged(model, [0, 1], "correlation", features, 0)
    plain = merged(model, [0, 1], "none", None, 0)
    off = [np.abs(each.logits(inputs) - model.logits(inputs)).max() for each in (shared, plain)]
    exact = read(model.model, 1).permuted(torch.argsort(order))
    for own, back in zip(
        (*exact.into, exact.out), (*read(model.model, 0).into, read(model.model, 0).out), strict=True
    ):
        torch.testing.assert_close(own, back)
    assert off[0] < 0.2 * off[1]


def test_permuting_neurons_leaves_the_function_as_it_is():
    model = pico.classifier(layers=1, hidden_size=32, intermediate_size=64)
    order = torch.randperm(64)
    before = model.logits(TEXTS)
    part = read(model.model, 0).permuted(order)
    layer = layers(model.model)[0]
    layer.intermediate.dense.weight.data, layer.intermediate.dense.bias.data = part.into[0], part.into_bias[0]
    layer.output.dense.weight.data = part.out
    np.testing.assert_allclose(model.logits(TEXTS), before, atol=1e-5)


def test_the_mean_is_of_aligned_neurons_and_of_biases_as_they_are():
    def part(value: float) -> FeedForward:
        return FeedForward((torch.full((4, 2), value),), (torch.full((4,), value),), torch.full((2, 4), value),
                           torch.tensor([value, -value]))  # fmt: skip

    middle = mean([part(1.0), part(3.0)])
    assert middle.into[0].eq(2).all() and middle.out.eq(2).all() and middle.out_bias.tolist() == [2, -2]
    none = FeedForward((torch.ones(4, 2),), (), torch.ones(2, 4), None)
    assert mean([none, none]).into_bias == () and mean([none, none]).out_bias is None


def test_neurons_that_receive_the_same_everywhere_break_nothing():
    draw = torch.Generator().manual_seed(0)
    features = torch.randn(50, 8, generator=draw)
    features[:, 3] = 1.0
    other = features[:, [1, 0, 2, 3, 4, 5, 7, 6]]
    assert alignment(features, other).tolist() == [1, 0, 2, 3, 4, 5, 7, 6]


@pytest.mark.parametrize("align", ["correlation", "none", "random", "anchor"])
def test_parameters_and_file_shrink_by_what_is_shared_and_weights_stay_tied(align, context, tmp_path):
    model = pico.classifier(layers=3, hidden_size=64, intermediate_size=128)
    smaller = merge_ffn(model, context, layers=3, align=align)
    gone = 2 * (2 * 64 * 128 + 128 + 64)
    assert model.model.num_parameters() - smaller.model.num_parameters() == gone
    for name, each in (("before", model), ("after", smaller)):
        each.save(tmp_path / name, TEXTS)
    sizes = [(tmp_path / name / "model.safetensors").stat().st_size for name in ("before", "after")]
    assert sizes[0] - sizes[1] == pytest.approx(4 * gone, rel=0.05)
    again = load_model(tmp_path / "after", RUNTIME)
    schedule = Schedule(epochs=1, batch_size=8, learning_rate=1e-2, warmup=0.0, weight_decay=0.0, seed=0)
    train_classifier(again, context.train, None, schedule, tmp_path / "work")
    into = [feed_forward_in(again.model, layer)[0].weight for layer in layers(again.model)]
    assert torch.equal(into[0], into[2]) and not torch.equal(into[0], feed_forward_in(
        smaller.model, layers(smaller.model)[0])[0].weight)  # fmt: skip
    again.save(tmp_path / "trained", TEXTS)
    np.testing.assert_allclose(load_model(tmp_path / "trained", RUNTIME).logits(TEXTS), again.logits(TEXTS), atol=1e-5)


def test_a_shared_weight_gets_the_gradients_of_all_its_places():
    model = pico.classifier(layers=2, hidden_size=32, intermediate_size=64)
    tied = merged(model, [0, 1], "anchor", None, 0)
    batch = model.processor(TEXTS, padding=True, return_tensors="pt")
    tied.model(**batch).logits.sum().backward()
    copies = pico.classifier(layers=2, hidden_size=32, intermediate_size=64)
    for (name, own), (_, first) in zip(
        layers(copies.model)[1].named_parameters(), layers(copies.model)[0].named_parameters(), strict=True
    ):
        if name.startswith(("intermediate", "output.dense")):
            own.data.copy_(first.data)
    copies.model(**batch).logits.sum().backward()
    total = sum(layer.intermediate.dense.weight.grad for layer in layers(copies.model))
    torch.testing.assert_close(layers(tied.model)[0].intermediate.dense.weight.grad, total, rtol=1e-4, atol=1e-6)


def test_the_window_that_validation_likes_best_is_kept(context):
    model = pico.classifier(layers=4, hidden_size=32, intermediate_size=64)
    labels = model.logits(TEXTS).argmax(-1)
    context.validation = Split(TEXTS, labels)
    smaller = merge_ffn(model, context, layers=2)
    features = inner_inputs(model, TEXTS)
    tried = [(merged(model, [i, i + 1], "correlation", features, 0).logits(TEXTS).argmax(-1) == labels).mean()
             for i in range(3)]  # fmt: skip
    assert (smaller.logits(TEXTS).argmax(-1) == labels).mean() == max(tried)


def test_it_goes_on_in_chains_and_refuses_what_would_take_shared_weights_away(context, tmp_path):
    model = pico.classifier(layers=4, hidden_size=32, intermediate_size=64)
    smaller = model.with_model(merged(model, [1, 2], "none", None, 0).model)
    fewer = smaller.with_model(keep_layers(smaller.model, [1, 2]))
    np.testing.assert_equal(fewer.model.config.replaced[0]["to"].split(".")[3], "0")
    with pytest.raises(ValueError, match="which is to go: drop layers first"):
        keep_layers(smaller.model, [0, 2])
    few = quantize(fewer, context, bits=8)
    assert len(few.model) < len(quantize(model.with_model(keep_layers(model.model, [1, 2])), context, bits=8).model)
    with pytest.raises(ValueError, match="5 layers are to share, and the model has 4"):
        merge_ffn(model, context, layers=5)


@pytest.mark.parametrize("family", sorted(ARCHITECTURES))
def test_the_window_kept_is_the_most_accurate_of_whole_forward_passes(family):
    """Whatever runs before a window once, for all windows, must be what runs before it in the merged model."""
    model, inputs = pico.classifier(family, layers=4), pico.inputs(family, 48)
    for layer in layers(model.model):
        weight_of(feed_forward_out(model.model, layer)).data.mul_(20.0)  # else all windows answer alike
    made = [merged(model, [first, first + 1], "none", None, 0) for first in range(3)]
    answers = [each.logits(inputs).argmax(-1) for each in made]
    assert len({tuple(each) for each in answers}) > 1
    for labels in answers:  # each time another window is right everywhere
        right = [(each == labels).sum() for each in answers]
        best = best_window(model, 2, Split(inputs, labels), lambda window: made[window[0]])
        assert best is made[int(np.argmax(right))]
