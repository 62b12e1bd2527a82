"""Narrower layers: what is cut computes as if gates were 0, larger shares hold smaller ones, scores are by hand."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from slim.compression.compressors.merge_ffn import merge_ffn
from slim.compression.compressors.narrow import narrow
from slim.compression.compressors.quantize import quantize
from slim.compression.compressors.rank_units import rank_units
from slim.compression.widths import narrowing
from slim.compression.widths.cutting import kept_units, ranked
from slim.compression.widths.narrowing import narrowed
from slim.compression.widths.scores import CRITERIA
from slim.compression.widths.units import gated, widths
from slim.modeling.formats import load_model
from slim.modeling.splits import Split
from slim.modeling.transformer import (
    ARCHITECTURES,
    feed_forward_in,
    feed_forward_out,
    keep_layers,
    layers,
    weight_of,
)
from tests import pico

KINDS = ("query_key", "value", "heads", "feed_forward")
SHARED = {name: {"num_attention_heads": 4, "num_key_value_heads": 2} for name in ("llama", "mistral", "qwen2")}
"""Two heads of queries to one of keys, and more than one of those."""
RUNTIME = {"seed": 0, "threads": 1, "precision": "fp32", "batch_size": 8}


def context(family: str = "bert"):
    split = Split(pico.inputs(family), pico.labels())
    return SimpleNamespace(train=split, validation=split, seed=0)


def some(model, share: float = 0.5, seed: int = 0) -> dict:
    """A part of the units of every kind, at least one in each layer."""
    draw = np.random.default_rng(seed)
    return {
        kind: [np.sort(draw.permutation(n)[: max(1, int(share * n))]) for n in of_kind]
        for kind, of_kind in widths(model).items()
    }


def masks(model, kept) -> dict:
    gates = {kind: [torch.zeros(n) for n in of_kind] for kind, of_kind in widths(model).items()}
    for kind, of_kind in gates.items():
        for gate, units in zip(of_kind, kept[kind], strict=True):
            gate[units] = 1
    return gates


@pytest.mark.parametrize("kinds", [*[(kind,) for kind in KINDS], KINDS])
@pytest.mark.parametrize("family", sorted(ARCHITECTURES))
def test_a_narrowed_model_computes_what_the_whole_one_does_with_the_other_gates_at_0(family, kinds, tmp_path):
    whole, inputs = pico.classifier(family, **SHARED.get(family, {})), pico.inputs(family)
    kept = {kind: units for kind, units in some(whole.model).items() if kind in kinds}
    everything = {kind: [np.arange(n) for n in of_kind] for kind, of_kind in widths(whole.model).items()}
    with gated(whole.model, masks(whole.model, everything | kept)):
        masked = whole.logits(inputs)
    assert np.abs(masked - whole.logits(inputs)).max() > 1e-3
    small = whole.with_model(narrowed(whole.model, kept))
    np.testing.assert_allclose(small.logits(inputs), masked, atol=1e-5)
    assert small.model.num_parameters() < whole.model.num_parameters()
    small.save(tmp_path / "small", inputs)
    if family != "qwen2":  # transformers knows its tokenizer better than the folder
        np.testing.assert_allclose(load_model(tmp_path / "small", RUNTIME).logits(inputs), masked, atol=1e-5)


@pytest.mark.parametrize("family", sorted(ARCHITECTURES))
def test_gates_at_1_change_nothing_and_a_model_with_all_units_is_the_same(family):
    whole, inputs = pico.classifier(family), pico.inputs(family)
    everything = {kind: [np.arange(n) for n in of_kind] for kind, of_kind in widths(whole.model).items()}
    before = whole.logits(inputs)
    with gated(whole.model, masks(whole.model, everything)):
        np.testing.assert_array_equal(whole.logits(inputs), before)
    np.testing.assert_array_equal(whole.with_model(narrowed(whole.model, everything)).logits(inputs), before)


def test_larger_shares_hold_smaller_ones_and_no_layer_loses_all():
    draw = np.random.default_rng(0)
    ranks = ranked([draw.random(32) + (5 if layer == 1 else 0) for layer in range(4)])
    for round_to in (1, 8):
        for across in ("layers", "each"):
            before = [set() for _ in ranks]
            for keep in np.linspace(0.05, 1, 20):
                kept = [set(each.tolist()) for each in kept_units(ranks, float(keep), round_to, across)]
                assert all(old <= new and new for old, new in zip(before, kept, strict=True))
                assert all(len(each) % round_to == 0 for each in kept)
                before = kept
            assert all(len(each) == 32 for each in before)
    # One at a time, to the unit; the share of all where none is empty.
    assert sum(map(len, kept_units(ranks, 0.75, 1, "layers"))) == 96
    assert [len(each) for each in kept_units(ranks, 0.3, 1, "each")] == [10] * 4
    assert [len(each) for each in kept_units(ranks, 0.25, 1, "layers")] == [1, 32, 1, 1]


def test_equal_scores_are_ranked_by_the_second_score_then_by_place():
    scores = [np.array([1.0, 2.0]), np.array([2.0, 1.0])]
    assert ranked(scores) == [[2, 0], [1, 3]]
    assert ranked(scores, [np.array([0.0, 0.0]), np.array([1.0, 1.0])]) == [[3, 1], [0, 2]]


def test_magnitudes_are_those_of_a_units_weights():
    model = pico.classifier(layers=1)
    layer = layers(model.model)[0]
    scores = CRITERIA["magnitude"](model, context().train, KINDS, 0)
    into, out = weight_of(feed_forward_in(model.model, layer)[0]), weight_of(feed_forward_out(model.model, layer))
    np.testing.assert_allclose(
        scores["feed_forward"][0], (into.square().sum(1) + out.square().sum(0)).detach(), rtol=1e-5
    )
    own = layer.attention.self
    first = sum(each.weight[:8].square().sum().item() for each in (own.query, own.key, own.value))
    first += layer.attention.output.dense.weight[:, :8].square().sum().item()
    assert scores["heads"][0][0] == pytest.approx(first, rel=1e-5)
    unit = sum(each.weight[[3, 11]].square().sum().item() for each in (own.query, own.key))
    assert scores["query_key"][0][3] == pytest.approx(unit, rel=1e-5)


@pytest.mark.parametrize("criterion", ["taylor", "fisher"])
def test_gradients_of_gates_are_those_of_each_input_by_itself(criterion):
    """Against finite differences of the loss, an input at a time."""
    model, train = pico.classifier(layers=2), context().train.head(6)
    scores = CRITERIA[criterion](model, train, KINDS, 0)
    step = 1e-2
    for kind in KINDS:
        slopes = []
        for text, label in zip(train.inputs, train.labels, strict=True):
            losses = []
            for sign in (1, -1):
                gates = {kind: [torch.ones(n) for n in widths(model.model)[kind]]}
                gates[kind][1][0] += sign * step
                with gated(model.model, gates):
                    logits = torch.from_numpy(model.logits([text]))
                losses.append(torch.nn.functional.cross_entropy(logits, torch.tensor([label])).item())
            slopes.append((losses[0] - losses[1]) / (2 * step))
        expected = np.mean(np.abs(slopes) if criterion == "taylor" else np.square(slopes))
        assert scores[kind][1][0] == pytest.approx(expected, rel=0.05, abs=1e-4)


@pytest.mark.parametrize("criterion", sorted(CRITERIA))
@pytest.mark.parametrize("family", ["bert", "gpt2", "llama", "deberta-v2", "vit"])
def test_every_criterion_ranks_every_family_and_leaves_the_model_as_it_is(criterion, family):
    model = pico.classifier(family)
    before = {name: tensor.clone() for name, tensor in model.model.state_dict().items()}
    found = rank_units(model, context(family), criterion=criterion, units=KINDS, texts=12)
    for kind, of_kind in found.model.config.unit_ranks.items():
        assert sorted(place for own in of_kind for place in own) == list(range(sum(widths(model.model)[kind])))
    assert all(torch.equal(before[name], tensor) for name, tensor in model.model.state_dict().items())
    assert all(each.requires_grad for each in model.model.parameters())
    again = rank_units(model, context(family), criterion=criterion, units=KINDS, texts=12)
    assert again.model.config.unit_ranks == found.model.config.unit_ranks


def test_a_neuron_that_nothing_reads_goes_first():
    model = pico.classifier(layers=2)
    with torch.no_grad():
        for layer in layers(model.model):
            layer.output.dense.weight[:, 5] = 0
            layer.intermediate.dense.weight[5] = 0
    for criterion in sorted(set(CRITERIA) - {"random"}):
        found = rank_units(model, context(), criterion=criterion, units=("feed_forward",))
        places = np.array(found.model.config.unit_ranks["feed_forward"])
        assert sorted(places[:, 5]) == [62, 63]


def test_narrowing_takes_what_was_ranked_in_these_layers_alone(tmp_path, monkeypatch):
    model, inputs = pico.classifier(layers=3, hidden_size=64, intermediate_size=128), pico.texts()
    found = rank_units(model, context(), criterion="magnitude")
    found.save(tmp_path / "ranked", inputs)
    again = load_model(tmp_path / "ranked", RUNTIME)  # ranks are saved with the model
    small = narrow(again, context(), keep=0.5)
    assert weight_of(feed_forward_in(small.model, layers(small.model)[0])[0]).shape[0] % 8 == 0
    assert not hasattr(small.model.config, "unit_ranks")
    np.testing.assert_array_equal(small.logits(inputs), narrow(found, context(), keep=0.5).logits(inputs))
    other = pico.classifier(layers=2, hidden_size=64, intermediate_size=128)
    other.model.config.unit_ranks = found.model.config.unit_ranks
    with pytest.raises(ValueError, match="ranked in other layers"):
        narrow(other, context(), keep=0.5)
    monkeypatch.setattr(narrowing, "LARGEST", 64)
    with pytest.raises(ValueError, match="64 by 64, and places of rows beyond 64 are not saved: leave it"):
        narrow(again, context(), keep=0.5)
    monkeypatch.undo()
    tied = merge_ffn(found, context(), layers=2, align="none")
    with pytest.raises(ValueError, match="narrow before merge_ffn"):
        narrow(tied, context(), keep=0.5)


@pytest.mark.parametrize("family", ["bert", "gpt2", "llama", "modernbert", "deberta-v2"])
def test_a_narrowed_model_goes_on_in_chains_to_rounded_onnx(family):
    model, texts = pico.classifier(family, **{"hidden_size": 64, ARCHITECTURES[family].inner: 128}), pico.texts(32)
    small = model.with_model(narrowed(model.model, some(model.model)))
    shallow = small.with_model(keep_layers(small.model, [0, 2]))
    for bits, least in ((8, 0.95), (4, 0.6)):  # as whole models of such weights have
        split = Split(texts, pico.labels(32))
        rounded = quantize(shallow, SimpleNamespace(train=split, validation=split), bits=bits, block_size=32)
        assert np.corrcoef(rounded.logits(texts).ravel(), shallow.logits(texts).ravel())[0, 1] > least
