"""Prefix sharing against running every pruned model on its own."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from slim.modeling import transformer as models
from slim.modeling.device import Runtime
from slim.modeling.splits import Split
from slim.ranking.removal_order import ranking
from slim.ranking.signals.random import random
from slim.subsets.ablation import ablate, extensions, masks_to_measure, measure, measure_subsets, prefixes
from slim.subsets.lattice import SPLITS, complete, layers_of, masks_of
from slim.subsets.search import greedy_search
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


@pytest.fixture
def splits() -> dict[str, Split]:
    return {name: Split(pico.texts(20, seed), pico.labels(20)) for seed, name in enumerate(SPLITS)}


def test_all_subsets_up_to_the_limit_and_a_sample_of_every_size_beyond():
    assert list(masks_to_measure(3, 8, 5, 0)) == list(range(8))
    assert masks_to_measure(20, 8, 0, 0) == [2**20 - 1]
    some = masks_to_measure(20, 8, 5, 0)
    by_size = [[mask for mask in some if mask.bit_count() == size] for size in range(21)]
    assert [len(masks) for masks in by_size[3:18]] == [5] * 15
    assert all(any(mask & more == mask for more in by_size[8]) for mask in by_size[7])
    assert set(some) < set(masks_to_measure(20, 8, 6, 0)) and some != masks_to_measure(20, 8, 5, 1)
    own = ranking(random(SimpleNamespace(layers=20), draws=5, seed=0), "low")
    assert set(some) == masks_of(own["paths"])  # so that the paths of this baseline cost nothing
    with pytest.raises(ValueError, match="63 layers: subsets of more than 62 cannot"):
        masks_to_measure(63, 8, 5, 0)


def test_of_a_deep_model_a_sample_and_all_that_greedy_tries_are_measured(splits):
    whole = pico.classifier(layers=5)
    every = measure(whole, splits, max_subsets=32, sample=0, seed=0)
    some = measure(whole, splits, max_subsets=31, sample=1, seed=0)
    assert complete(every) and not complete(some)
    path, tried = greedy_search(every, None)
    assert greedy_search(some, None) == (path, tried) and tried == 14
    assert len(some.subsets) < 14 + 5
    for split in SPLITS:
        for mask in some.row:
            np.testing.assert_array_equal(some.correct(mask, split), every.correct(mask, split))
            assert some.loss(mask, split) == pytest.approx(every.loss(mask, split), abs=1e-5)


def test_what_a_subset_predicts_does_not_depend_on_what_else_is_measured(splits):
    """To the last bit, where not all are, since a later stage may measure what an earlier one did not."""
    whole = pico.classifier(layers=4)
    masks = [0b0011, 0b0111, 0b1011, 0b1111]  # the first is the beginning of all others
    together = measure_subsets(whole, splits, masks)
    for mask in masks:
        alone, beside = measure_subsets(whole, splits, [mask]).subset(mask), together.subset(mask)
        assert {name: array.tobytes() for name, array in alone.items()} == {
            name: array.tobytes() for name, array in beside.items()
        }


def test_a_lattice_of_two_splits_knows_the_accuracy_of_the_intact_model(splits):
    whole = pico.classifier()
    lattice = measure(whole, splits, max_subsets=8, sample=0, seed=0)
    for name, split in splits.items():
        expected = (whole.logits(split.inputs).argmax(-1) == split.labels).mean()
        assert lattice.accuracy(lattice.full, name) == pytest.approx(expected)
    with pytest.raises(ValueError, match=r"ablate\.max_subsets"):
        lattice.only([0b111]).accuracy(0b100, "test")


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
