"""Prefix sharing against running every pruned model on its own."""

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from slim.modeling import transformer as models
from slim.modeling.device import Runtime
from slim.modeling.splits import Split
from slim.subsets.ablation import ablate, extensions, masks_to_measure, measure, prefixes
from slim.subsets.lattice import layers_of
from tests import pico


@pytest.mark.parametrize("family", models.ARCHITECTURES)
def test_every_subset_predicts_what_the_pruned_model_predicts(family):
    whole = pico.classifier(family=family, layers=3)
    inputs, labels = pico.inputs(family), pico.labels()
    predictions, losses = ablate(whole.model, whole.batches(inputs), labels, list(range(8)), whole.runtime)
    for mask in range(1, 8):
        logits = whole.with_model(models.keep_layers(whole.model, layers_of(mask))).logits(inputs)
        np.testing.assert_array_equal(predictions[mask], logits.argmax(-1))
        expected = cross_entropy(torch.as_tensor(logits), torch.as_tensor(labels)).item()
        assert losses[mask] == pytest.approx(expected, abs=1e-5)


def test_the_empty_subset_goes_from_embedding_to_classifier():
    whole = pico.classifier()
    batch = next(iter(whole.batches(pico.texts(8), by_length=False)))[1]
    expected = models.classify(whole.model, models.embed(whole.model, batch)).argmax(-1)
    predictions, _ = ablate(whole.model, whole.batches(pico.texts(8)), pico.labels(8), [0], whole.runtime)
    np.testing.assert_array_equal(predictions[0], expected)


def test_one_layer_forward_a_subset_and_no_more():
    whole = pico.classifier(layers=4)
    calls = []
    for layer in models.layers(whole.model):
        layer.intermediate.register_forward_hook(lambda *_: calls.append(1))
    ablate(whole.model, whole.batches(pico.texts(8)), pico.labels(8), list(range(16)), whole.runtime)
    assert len(calls) == 2**4 - 1


def test_subsets_on_request_share_their_prefixes_and_run_nothing_else():
    whole = pico.classifier(layers=4)
    calls = []
    for layer in models.layers(whole.model):
        layer.intermediate.register_forward_hook(lambda *_: calls.append(1))
    masks = [0b0011, 0b0111, 0b1011]  # 0, 01, then 012 and 013: four layer forwards
    some, _ = ablate(whole.model, whole.batches(pico.texts(8)), pico.labels(8), masks, whole.runtime)
    assert len(calls) == 4 and prefixes(masks) == {0, 1, 0b11, 0b111, 0b1011}
    every, _ = ablate(whole.model, whole.batches(pico.texts(8)), pico.labels(8), list(range(16)), whole.runtime)
    np.testing.assert_array_equal(some, every[masks])


def test_all_subsets_up_to_the_limit_and_what_is_asked_for_beyond():
    assert masks_to_measure(3, 8) == list(range(8))
    assert masks_to_measure(3, 7, [[0]]) == sorted({0b111, 0b011, 0b101, 0b110, 0b001})
    with pytest.raises(ValueError, match=r"layers \[5\] of a model with layers 0 .. 2"):
        masks_to_measure(3, 7, [[5]])


def test_a_lattice_of_two_splits_knows_the_accuracy_of_the_intact_model():
    whole = pico.classifier()
    splits = {name: Split(pico.texts(20, seed), pico.labels(20)) for seed, name in enumerate(("validation", "test"))}
    lattice = measure(whole, splits, max_subsets=8)
    for name, split in splits.items():
        expected = (whole.logits(split.inputs).argmax(-1) == split.labels).mean()
        assert lattice.accuracy(lattice.full, name) == pytest.approx(expected)
    partial = measure(whole, splits, max_subsets=1, subsets=[[1]])
    assert partial.of_size(1) == [0b010]
    with pytest.raises(ValueError, match=r"ablate\.max_subsets"):
        partial.accuracy(0b100, "test")


FIRST_ONLY = [family for family, known in models.ARCHITECTURES.items() if known.first_only]


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
@pytest.mark.parametrize("family", FIRST_ONLY)
def test_a_last_layer_run_for_the_first_token_alone_gives_that_of_the_whole_layer(family, attention):
    whole = pico.classifier(family=family)
    whole.model.set_attn_implementation(attention)
    batch = next(iter(whole.batches(pico.texts(8), by_length=False)))[1]
    assert not batch["attention_mask"].all()
    for chosen in (batch, {name: tensor[:, :3] for name, tensor in batch.items()}):  # with padding and without
        stream = models.embed(whole.model, chosen)
        for layer in models.layers(whole.model):
            first = stream.through(layer, last=True).hidden
            torch.testing.assert_close(first, stream.through(layer).hidden[:, :1])
            assert first.shape[1] == 1
            stream = stream.through(layer)


@pytest.mark.parametrize("family", FIRST_ONLY)
def test_a_last_layer_in_bfloat16_is_as_far_from_the_exact_one_as_the_whole_layer(family):
    whole = pico.classifier(family=family)
    stream = models.embed(whole.model, next(iter(whole.batches(pico.texts(8), by_length=False)))[1])
    layer = models.layers(whole.model)[0]
    exact = stream.through(layer).hidden[:, :1]
    with torch.no_grad(), Runtime(torch.device("cpu"), bf16=True).autocast():
        usual = (stream.through(layer).hidden[:, :1] - exact).abs().mean()
        mine = (stream.through(layer, last=True).hidden - exact).abs().mean()
    assert 0 < mine < 2 * usual


@pytest.mark.parametrize("family", ["bert", "roberta", "electra"])
def test_a_causal_layer_looks_no_further_than_it_may(family):
    whole = pico.classifier(family=family, is_decoder=True)
    batch = next(iter(whole.batches(pico.texts(8), by_length=False)))[1]
    stream = models.embed(whole.model, {name: tensor[:, :3] for name, tensor in batch.items()})
    layer = models.layers(whole.model)[0]
    torch.testing.assert_close(stream.through(layer, last=True).hidden, stream.through(layer).hidden[:, :1])


def test_half_of_all_subsets_run_their_last_layer_for_the_first_token_alone():
    whole = pico.classifier(layers=4)
    tokens = []
    for layer in models.layers(whole.model):
        layer.intermediate.register_forward_hook(lambda _, inputs, __: tokens.append(inputs[0].shape[1]))
    ablate(whole.model, whole.batches(pico.texts(8)), pico.labels(8), list(range(16)), whole.runtime)
    assert tokens.count(1) == 8 and len(tokens) == 15


def test_a_prefix_knows_what_is_one_layer_longer():
    assert extensions([0b011, 0b101]) == {0: [0b1], 0b1: [0b11, 0b101], 0b11: [], 0b101: []}
