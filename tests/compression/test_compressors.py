"""What every compressor promises, on pico models of every architecture."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from slim.compression.context import Context
from slim.modeling.classifier import Classifier
from slim.modeling.manifest import read_manifest
from slim.modeling.model_io import load
from slim.modeling.splits import Split
from slim.modeling.transformer import ARCHITECTURES, layers
from slim.utils.io import write_arrays
from slim.utils.registry import find, names
from tests import pico

NULL = {
    "drop_layers": {"order": "greedy", "keep": 1.0},
    "distill": {"learning_rate": 1e-12, "weight_decay": 0.0},
    "trim_vocabulary": {"min_count": 0},
}
"""Options under which a compressor changes nothing; none needed where it is absent."""
APPLY = {"drop_layers": {"order": "greedy", "keep": 0.5}, "distill": {"epochs": 1, "batch_size": 8}}
SMALLER = {"drop_layers": True, "float16": True, "identity": False, "distill": False, "trim_vocabulary": True}
"""Whether the result takes fewer bytes on disk."""
REFUSED = {("trim_vocabulary", "vit"): "a model of images has no vocabulary: choose another method"}
"""What a compressor says of a family that it cannot be applied to."""
ROUNDED = {"float16": 2e-2}
"""Largest difference of a logit where a compressor that has no null option rounds."""


def test_every_compressor_is_under_contract():
    assert set(SMALLER) == set(names("compression/compressors"))


@pytest.fixture
def context(tmp_path) -> Context:
    """A context with texts, teacher logits, and two kept layers."""
    context = Context(
        tmp_path, tmp_path / "teacher", tmp_path / "logits.npz", {"seed": 0}, tmp_path / "work", kept=[0, 2]
    )
    texts, labels = pico.texts(24), pico.labels(24)
    vars(context)["train"] = vars(context)["validation"] = Split(texts, labels)
    vars(context)["unlabelled"] = []
    write_arrays(
        {"train": np.zeros((24, 3), np.float32), "unlabelled": np.zeros((0, 3), np.float32)}, context.logits_file
    )
    return context


def state(model: Classifier) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in model.model.state_dict().items()}


@pytest.mark.parametrize("name", names("compression/compressors"))
def test_told_to_change_nothing_it_computes_the_same(name, context):
    model = pico.classifier(layers=3)
    before = state(model)
    context = replace_kept(context, [0, 1, 2])
    same = find("compression/compressors", name)(model, context, **NULL.get(name, {}))
    inputs = pico.texts(12, 5)
    assert np.abs(same.logits(inputs) - model.logits(inputs)).max() <= ROUNDED.get(name, 1e-4)
    assert same.model is not model.model
    assert all(torch.equal(before[key], value) for key, value in state(model).items())


@pytest.mark.parametrize("family", sorted(ARCHITECTURES))
@pytest.mark.parametrize("name", sorted(set(names("compression/compressors")) - {"distill"}))
def test_the_result_reloads_to_the_same_logits_and_says_its_size(name, family, context, tmp_path):
    model, inputs = pico.classifier(family, layers=3), pico.inputs(family, 12)
    before = state(model)
    if (name, family) in REFUSED:
        with pytest.raises(ValueError, match=REFUSED[name, family]):
            find("compression/compressors", name)(model, context)
        return
    smaller = find("compression/compressors", name)(model, context, **APPLY.get(name, {}))
    assert all(torch.equal(before[key], value) for key, value in state(model).items())
    for folder, each in (("before", model), ("after", smaller)):
        each.save(tmp_path / folder, inputs)
    again = smaller.with_model(load(tmp_path / "after")[0])
    np.testing.assert_allclose(again.logits(inputs), smaller.logits(inputs), atol=1e-5)
    sizes = [read_manifest(tmp_path / folder)["bytes"] for folder in ("before", "after")]
    assert (sizes[1] < sizes[0]) == SMALLER[name]


def test_a_distilled_model_reloads_and_its_input_is_untouched(context, tmp_path):
    model = pico.classifier(layers=3)
    before = state(model)
    trained = find("compression/compressors", "distill")(model, context, **APPLY["distill"])
    assert all(torch.equal(before[key], value) for key, value in state(model).items())
    assert any(not torch.equal(before[key], value) for key, value in state(trained).items())
    assert len(layers(trained.model)) == 3


def test_float16_refuses_weights_beyond_its_range():
    model = pico.classifier(layers=1)
    with torch.no_grad():
        next(iter(model.model.parameters()))[0, 0] = 1e6
    with pytest.raises(ValueError, match=r"has weights beyond the range of float16: leave this model in float32"):
        find("compression/compressors", "float16")(model, None)


def replace_kept(context: Context, kept: list[int]) -> Context:
    changed = replace(context, kept=kept)
    vars(changed).update({key: value for key, value in vars(context).items() if key not in vars(changed)})
    return changed
