"""The room of architectures, and what every compressor promises, over every family."""

import copy
import subprocess
import sys

import numpy as np
import pytest
import torch
from transformers import AutoModelForSequenceClassification

from slim import models
from slim.family import find, names
from slim.metrics.size import size
from tests import pico

OPTIONS = {
    "drop_layers": ({"kept": [0, 1, 2, 3]}, {"kept": [0, 2]}),
    "keep_all": ({}, {}),
}
"""compressor -> options that change nothing, options that compress."""


def test_every_compressor_has_options_to_be_tested_with():
    assert set(OPTIONS) == set(names("compressors"))


@pytest.mark.parametrize("family", models.ARCHITECTURES)
@pytest.mark.parametrize("name", OPTIONS)
def test_a_compressor_told_to_change_nothing_computes_the_same_and_leaves_its_input_alone(name, family):
    whole = pico.classifier(family=family, layers=4)
    before = copy.deepcopy(whole.model.state_dict())
    same = whole.with_model(find("compressors", name)(whole.model, None, **OPTIONS[name][0]))
    np.testing.assert_array_equal(same.logits(pico.texts()), whole.logits(pico.texts()))
    find("compressors", name)(whole.model, None, **OPTIONS[name][1])
    assert all(torch.equal(before[key], tensor) for key, tensor in whole.model.state_dict().items())


@pytest.mark.parametrize("family", models.ARCHITECTURES)
@pytest.mark.parametrize("name", OPTIONS)
def test_a_compressed_model_reloads_from_its_folder_and_is_smaller_on_disk(name, family, tmp_path):
    whole = pico.classifier(family=family, layers=4)
    smaller = whole.with_model(find("compressors", name)(whole.model, None, **OPTIONS[name][1]))
    for folder, one in (("whole", whole), ("smaller", smaller)):
        one.save(tmp_path / folder, pico.texts())
    reloaded = AutoModelForSequenceClassification.from_pretrained(tmp_path / "smaller").eval()
    np.testing.assert_array_equal(smaller.with_model(reloaded).logits(pico.texts()), smaller.logits(pico.texts()))
    sizes = [size(tmp_path / folder)["bytes"] for folder in ("smaller", "whole")]
    assert sizes[0] < sizes[1] or name == "keep_all"


@pytest.mark.parametrize("family", models.ARCHITECTURES)
def test_kept_layers_are_the_blocks_run_by_hand(family):
    whole = pico.classifier(family=family, layers=4)
    batch = next(iter(whole.batches(pico.texts(8))))[1]
    stream = models.embed(whole.model, batch)
    for layer in (1, 3):
        stream = stream.through(models.layers(whole.model)[layer])
    by_hand = models.classify(whole.model, stream)
    torch.testing.assert_close(models.keep_layers(whole.model, [1, 3])(**batch).logits, by_hand)


def test_a_fresh_process_with_plain_transformers_gives_the_same_logits(tmp_path):
    pruned = pico.classifier(layers=4)
    pruned = pruned.with_model(models.keep_layers(pruned.model, [0, 3]))
    pruned.save(tmp_path / "model", pico.texts())
    batch = next(iter(pruned.batches(pico.texts(8), by_length=False)))[1]
    np.savez(tmp_path / "batch.npz", **{name: tensor.numpy() for name, tensor in batch.items()})
    program = (
        "import sys, numpy as np, torch\n"
        "from transformers import AutoModelForSequenceClassification as Auto\n"
        "batch = {k: torch.as_tensor(v) for k, v in np.load(sys.argv[2]).items()}\n"
        "np.save(sys.argv[3], Auto.from_pretrained(sys.argv[1]).eval()(**batch).logits.detach().numpy())\n"
    )
    paths = [str(tmp_path / name) for name in ("model", "batch.npz", "logits.npy")]
    subprocess.run([sys.executable, "-c", program, *paths], check=True, capture_output=True)
    np.testing.assert_allclose(np.load(paths[2]), pruned.model(**batch).logits.detach().numpy(), atol=1e-6)


@pytest.mark.parametrize("kept", [[], [0, 0], [4], [-1, 0]])
def test_layers_that_do_not_exist_are_refused(kept):
    with pytest.raises(ValueError, match="cannot keep layers"):
        models.keep_layers(pico.model(layers=4), kept)


def test_an_unknown_architecture_is_refused_with_the_supported_ones():
    with pytest.raises(ValueError, match="'gpt2' is not supported: choose one of bert, electra, roberta"):
        models.family("gpt2")


@pytest.mark.parametrize("damage", ["absent", "cut", "config"])
def test_a_damaged_model_is_refused_in_one_line(damage, tmp_path):
    pico.classifier().save(tmp_path / "model", pico.texts())
    weights, config = tmp_path / "model" / "model.safetensors", tmp_path / "model" / "config.json"
    if damage == "absent":
        weights.unlink()
    elif damage == "cut":
        weights.write_bytes(weights.read_bytes()[:500])
    else:
        config.write_text("{")
    with pytest.raises(ValueError, match="model") as refusal:
        models.load(tmp_path / "model")
    assert "\n" not in str(refusal.value)


def test_a_fresh_head_has_the_classes_asked_for_and_is_the_same_for_the_same_seed(tmp_path):
    pico.classifier().save(tmp_path / "model", pico.texts())
    heads = []
    for _ in range(2):
        torch.manual_seed(3)
        model, _ = models.load(tmp_path / "model", ["a", "b", "c", "d", "e"])
        heads.append(model.classifier.weight)
    assert model.config.id2label[4] == "e" and heads[0].shape == (5, 16) and torch.equal(*heads)


def test_no_texts_have_no_logits():
    assert pico.classifier(classes=3).logits([]).shape == (0, 3)
