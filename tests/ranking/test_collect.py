"""The measuring pass against autograd, one text at a time, and against transformers' own outputs."""

import dataclasses
from functools import cache

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from slim.modeling import transformer as models
from slim.ranking.collect import _weights, collect
from slim.ranking.layer_statistics import LayerStatistics
from slim.ranking.per_example_gradients import ExampleSquares
from slim.ranking.signals import BASELINES
from slim.utils.registry import find, names
from tests import pico

COUNT = 12
LABELS = pico.labels(COUNT)


def statistics_of(model, batch_size=8):
    batches = pico.batch_of(pico.inputs(model.config.model_type, COUNT), size=batch_size, by_length=False)
    return collect(model, batches, LABELS, pico.EXACT)


@cache
def statistics_of_four_layers(family):
    return statistics_of(pico.model(family, layers=4))


def single_gradients(model):
    """For every text alone: the list of gradients of each layer's parameters."""
    for i, text in enumerate(pico.inputs(model.config.model_type, COUNT)):
        ((_, batch),) = pico.batch_of([text])
        model.zero_grad()
        cross_entropy(models.forward_logits(model, batch), torch.as_tensor(LABELS[i : i + 1])).backward()
        yield [[p.grad.clone() for p in layer.parameters()] for layer in models.layers(model)]


@pytest.mark.parametrize("family", models.ARCHITECTURES)
def test_per_example_fisher_is_that_of_a_batch_of_one_loop(family):
    model = pico.model(family, layers=4)
    loop = [[sum(g.double().square().sum() for g in layer) for layer in one] for one in single_gradients(model)]
    squares = statistics_of_four_layers(family).gradient_example_square
    np.testing.assert_allclose(squares, np.array(loop).T, rtol=1e-5)


def test_batch_gradient_norm_is_that_of_the_mean_of_single_gradients():
    model = pico.model()
    singles = list(single_gradients(model))
    expected = [
        [
            torch.stack(
                [sum(singles[i][l][p] for i in range(b, b + 6)).div(6).norm() for p in range(len(singles[0][l]))]
            )
            .norm()
            .item()
            for b in (0, 6)
        ]
        for l in range(3)
    ]
    np.testing.assert_allclose(statistics_of(model, batch_size=6).gradient_batch_norm, expected, rtol=1e-4)


def test_activations_attention_and_predictions_are_those_transformers_reports():
    model = pico.model()
    seen = statistics_of(model, batch_size=1)
    model.set_attn_implementation("eager")
    start = 0
    for i, text in enumerate(pico.texts(COUNT)):
        ((_, batch),) = pico.batch_of([text])
        reported = model(**batch, output_hidden_states=True, output_attentions=True)
        tokens = slice(start, start := start + batch["input_ids"].shape[1])
        assert (seen.example_of_token[tokens] == i).all() and (seen.keys[tokens] == tokens.stop - tokens.start).all()
        assert seen.predictions[i] == reported.logits.argmax()
        for l in range(3):
            before, after = (reported.hidden_states[k][0].detach().numpy() for k in (l, l + 1))
            for site, value in enumerate((after, after - before)):
                np.testing.assert_allclose(seen.channel_mean[site, l, tokens], value.mean(-1), atol=1e-5)
                np.testing.assert_allclose(seen.row_norm[site, l, tokens], np.linalg.norm(value, axis=-1), rtol=1e-4)
            np.testing.assert_allclose(seen.pooled[l, i], after[0], atol=1e-5)
            rows = reported.attentions[l][0].detach().numpy()
            np.testing.assert_allclose(seen.attention_max[l][:, tokens], rows.max(-1), rtol=1e-4)
            entropy = -(rows * np.log(rows)).sum(-1)
            np.testing.assert_allclose(seen.attention_entropy[l][:, tokens], entropy, atol=1e-5)


@pytest.mark.parametrize("family", models.ARCHITECTURES)
def test_padding_changes_nothing(family):
    one, many = statistics_of(pico.model(family, layers=4), batch_size=1), statistics_of_four_layers(family)
    for field in dataclasses.fields(LayerStatistics):
        if field.name != "gradient_batch_norm":  # whose batches differ
            np.testing.assert_allclose(
                getattr(one, field.name), getattr(many, field.name), rtol=1e-3, atol=1e-5, err_msg=field.name
            )


@pytest.mark.parametrize("family", models.ARCHITECTURES)
def test_keys_are_those_with_any_attention(family):
    """Counted in the rows that transformers reports, whatever masks and windows made them."""
    model = pico.model(family, layers=4)
    seen = statistics_of_four_layers(family)
    keys = np.broadcast_to(seen.keys, (4, len(seen.example_of_token)))
    found = []
    with models.eager_attention(model):
        hooks = [
            models.attention(model, layer).register_forward_hook(lambda _, __, out: found.append(out[1]))
            for layer in models.layers(model)
        ]
        for _, batch in pico.batch_of(pico.inputs(family, COUNT), size=1, by_length=False):
            models.forward_logits(model, batch)
    [hook.remove() for hook in hooks]
    counts = [torch.cat([(w[0, 0] > 0).sum(-1) for w in found[layer::4]]).numpy() for layer in range(4)]
    np.testing.assert_array_equal(keys, counts)


@pytest.mark.parametrize("family", models.ARCHITECTURES)
def test_all_signals_of_every_architecture_are_finite(family):
    seen = statistics_of_four_layers(family)
    for name in names("ranking/signals"):
        options = {"cv": 3, "n_components": 4} if name.startswith("mi_") else {}
        scores = find("ranking/signals", name)(seen, **options)
        assert scores.shape[-1] == 4 and np.isfinite(scores).all(), name
        assert name in BASELINES or options or len(set(scores.tolist())) > 1, name


@pytest.mark.parametrize("family", models.ARCHITECTURES)
def test_the_pooled_vector_of_the_last_layer_is_what_the_head_makes_its_logits_of(family):
    model, read = pico.model(family, layers=4), []
    inner = {"modernbert": "head.dense", "distilbert": "pre_classifier", "bert": "bert.pooler.dense",
             "deberta-v2": "pooler.dense", "electra": "classifier.dense", "roberta": "classifier.dense",
             "vit": "classifier"}  # fmt: skip
    module = model.get_submodule(inner.get(family, "score"))
    module.register_forward_pre_hook(lambda _, args: read.append(args[0]))
    (members, batch), *_ = pico.batch_of(pico.inputs(family, COUNT), by_length=False)
    models.forward_logits(model, batch)
    if read[0].dim() == 3:  # transformers scores every token, and takes the last after that
        read[0] = read[0][range(8), batch["attention_mask"].sum(1) - 1]
    pooled = statistics_of_four_layers(family).pooled[-1, members]
    np.testing.assert_allclose(pooled, read[0].detach().numpy(), rtol=1e-4, atol=1e-5)


def test_layers_of_different_sizes_are_refused():
    model = pico.model()
    models.layers(model)[1].output.dense = torch.nn.Linear(32, 8)
    with pytest.raises(ValueError, match=r"layers with \[1792, 2048\] weights do not compare"):
        _weights(model)


def test_weights_are_the_matrices_without_biases_and_norms():
    model = pico.model()
    seen = statistics_of(model).weights
    assert seen.shape == (3, 4 * 16 * 16 + 2 * 16 * 32)
    expected = sum(
        p.double().square().sum().item() for n, p in models.layers(model)[1].named_parameters() if p.dim() == 2
    )
    assert np.square(seen[1], dtype=np.float64).sum() == pytest.approx(expected, rel=1e-5)


def test_the_model_is_left_as_it_was():
    model = pico.model()
    model.classifier.weight.requires_grad_(False)
    before = {name: (p.requires_grad, p.clone()) for name, p in model.named_parameters()}
    implementation = model.config._attn_implementation
    statistics_of(model)
    assert model.config._attn_implementation == implementation
    for name, p in model.named_parameters():
        assert p.requires_grad == before[name][0] and torch.equal(p, before[name][1]) and p.grad is None
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())


def test_a_parameter_that_cannot_be_followed_is_refused_not_left_out():
    layers = torch.nn.ModuleList([torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Conv1d(2, 2, 1))])
    with pytest.raises(ValueError, match="Conv1d are not supported"), ExampleSquares().watching(layers):
        pass


def test_statistics_come_back_from_their_file_and_are_the_same_bytes_twice(tmp_path):
    seen = statistics_of(pico.model())
    for name in ("a", "b"):
        seen.save(tmp_path / f"{name}.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    back = LayerStatistics.load(tmp_path / "a.npz")
    for field in dataclasses.fields(LayerStatistics):
        np.testing.assert_array_equal(getattr(back, field.name), getattr(seen, field.name))
