"""Prefix sharing against running every pruned model on its own."""

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from slim import models
from slim.ablation import ablate, measure, prefixes, wanted
from slim.inputs import Split
from slim.lattice import layers_of
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
    assert wanted(3, 8) == list(range(8))
    assert wanted(3, 7, [[0]]) == sorted({0b111, 0b011, 0b101, 0b110, 0b001})
    with pytest.raises(ValueError, match=r"layers \[5\] of a model with layers 0 .. 2"):
        wanted(3, 7, [[5]])


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
