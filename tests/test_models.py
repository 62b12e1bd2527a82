"""The room of architectures, and what every compressor promises, over every family."""

import copy
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoTokenizer, GPT2TokenizerFast

from slim.evaluation.metrics.size import size
from slim.modeling import model_io
from slim.modeling import transformer as models
from slim.modeling.classifier import Classifier
from slim.subsets.recovery import loss
from slim.training.trainer import Schedule, train_classifier
from slim.utils.registry import find, names
from tests import pico
from tests.test_training import learnable

OPTIONS = {
    "drop_layers": ({"kept": [0, 1, 2, 3]}, {"kept": [0, 2]}),
    "keep_all": ({}, {}),
}
"""compressor -> options that change nothing, options that compress."""


def test_every_compressor_has_options_to_be_tested_with():
    assert set(OPTIONS) == set(names("compression/compressors"))


@pytest.mark.parametrize("family", models.ARCHITECTURES)
@pytest.mark.parametrize("name", OPTIONS)
def test_a_compressor_told_to_change_nothing_computes_the_same_and_leaves_its_input_alone(name, family):
    whole = pico.classifier(family=family, layers=4)
    before = copy.deepcopy(whole.model.state_dict())
    same = whole.with_model(find("compression/compressors", name)(whole.model, None, **OPTIONS[name][0]))
    np.testing.assert_array_equal(same.logits(pico.inputs(family)), whole.logits(pico.inputs(family)))
    find("compression/compressors", name)(whole.model, None, **OPTIONS[name][1])
    assert all(torch.equal(before[key], tensor) for key, tensor in whole.model.state_dict().items())


@pytest.mark.parametrize("family", models.ARCHITECTURES)
@pytest.mark.parametrize("name", OPTIONS)
def test_a_compressed_model_reloads_from_its_folder_and_is_smaller_on_disk(name, family, tmp_path):
    whole = pico.classifier(family=family, layers=4)
    smaller = whole.with_model(find("compression/compressors", name)(whole.model, None, **OPTIONS[name][1]))
    for folder, one in (("whole", whole), ("smaller", smaller)):
        one.save(tmp_path / folder, pico.inputs(family))
    reloaded = type(smaller.model).from_pretrained(tmp_path / "smaller").eval()
    np.testing.assert_array_equal(
        smaller.with_model(reloaded).logits(pico.inputs(family)), smaller.logits(pico.inputs(family))
    )
    sizes = [size(tmp_path / folder)["bytes"] for folder in ("smaller", "whole")]
    assert sizes[0] < sizes[1] or name == "keep_all"


@pytest.mark.parametrize("family", models.ARCHITECTURES)
def test_kept_layers_are_the_blocks_run_by_hand(family):
    whole = pico.classifier(family=family, layers=4)
    batch = next(iter(whole.batches(pico.inputs(family, 8))))[1]
    stream = models.embed(whole.model, batch)
    for layer in (1, 3):
        stream = stream.through(models.layers(whole.model)[layer])
    by_hand = models.classify(whole.model, stream)
    torch.testing.assert_close(models.keep_layers(whole.model, [1, 3])(**batch).logits, by_hand)


@pytest.mark.parametrize("family", models.ARCHITECTURES)
def test_padding_does_not_change_logits(family):
    whole = pico.classifier(family=family, layers=4)
    alone = np.concatenate([whole.logits([text]) for text in pico.inputs(family, 8)])
    np.testing.assert_allclose(whole.logits(pico.inputs(family, 8)), alone, atol=1e-5)


@pytest.mark.parametrize("family", models.ARCHITECTURES)
def test_no_layer_runs_and_nothing_stays_behind_while_texts_are_embedded(family):
    whole, ran = pico.classifier(family=family, layers=4), []
    for layer in models.layers(whole.model):
        models.attention(whole.model, layer).register_forward_hook(lambda *_: ran.append(1))
    _, batch = next(iter(whole.batches(pico.inputs(family, 8))))
    before = models.forward_logits(whole.model, batch)
    ran.clear()
    stream = models.embed(whole.model, batch)
    assert not ran and not any("forward" in vars(module) for module in whole.model.modules())
    torch.testing.assert_close(models.forward_logits(whole.model, batch), before, rtol=0, atol=0)
    for extra, options in stream.calls.values():
        assert all(isinstance(each, torch.Tensor | tuple | bool | None) for each in (*extra, *options.values()))


@pytest.mark.parametrize("family", models.ARCHITECTURES)
def test_every_architecture_learns(family, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "input").write_text("x")
    whole = pico.classifier(family=family, layers=2, classes=2)
    schedule = Schedule(epochs=1.0, batch_size=32, learning_rate=1e-2, warmup=0.0, weight_decay=0.0, seed=0, steps=4)
    before = {name: tensor.clone() for name, tensor in models.layers(whole.model).named_parameters()}
    train, test = learnable(96, 0, family), learnable(60, 2, family)
    untrained = loss(whole.logits(test.inputs), test.labels)
    train_classifier(whole, train, None, schedule, tmp_path / "work")
    assert loss(whole.logits(test.inputs), test.labels) < untrained
    assert not any(torch.equal(tensor, before[name]) for name, tensor in models.layers(whole.model).named_parameters())


def test_a_fresh_process_with_plain_transformers_gives_the_same_logits(tmp_path):
    expected = {}
    for family in models.ARCHITECTURES:
        pruned = pico.classifier(family=family, layers=4)
        pruned = pruned.with_model(models.keep_layers(pruned.model, [1, 3]))
        pruned.save(tmp_path / family, pico.inputs(family))
        batch = next(iter(pruned.batches(pico.inputs(family, 8), by_length=False)))[1]
        np.savez(tmp_path / family / "batch.npz", **{name: tensor.numpy() for name, tensor in batch.items()})
        expected[family] = pruned.logits(pico.inputs(family, 8))
    program = (
        "import sys, numpy as np, torch\n"
        "from transformers import AutoModelForImageClassification, AutoModelForSequenceClassification\n"
        "for folder in sys.argv[1:]:\n"
        "    batch = {k: torch.as_tensor(v) for k, v in np.load(folder + '/batch.npz').items()}\n"
        "    images = 'pixel_values' in batch\n"
        "    Auto = AutoModelForImageClassification if images else AutoModelForSequenceClassification\n"
        "    np.save(folder + '.npy', Auto.from_pretrained(folder).eval()(**batch).logits.detach().numpy())\n"
    )
    folders = [str(tmp_path / family) for family in expected]
    subprocess.run([sys.executable, "-c", program, *folders], check=True, capture_output=True)
    for family, logits in expected.items():
        np.testing.assert_allclose(np.load(tmp_path / f"{family}.npy"), logits, atol=1e-5, err_msg=family)


@pytest.mark.parametrize(
    "family", sorted(set(models.ARCHITECTURES) - {"qwen2", "vit"})
)  # of which one reads images and for the other which transformers knows better
def test_the_tokenizer_beside_a_model_gives_what_the_model_takes(family, tmp_path):
    whole = pico.classifier(family=family)
    whole.save(tmp_path / "model", pico.inputs(family))
    plain = AutoTokenizer.from_pretrained(tmp_path / "model")(
        pico.inputs(family, 8), padding=True, return_tensors="pt"
    )
    ours = next(iter(whole.batches(pico.inputs(family, 8), by_length=False)))[1]
    assert set(plain) == set(ours) and all(torch.equal(plain[name], ours[name]) for name in ours)


def test_what_a_layer_is_by_its_place_stays_with_it(tmp_path):
    """The third layer of four looks everywhere, and the second does not, wherever they stand."""
    whole = pico.classifier(family="modernbert", layers=4)
    assert whole.model.config.layer_types == ["full_attention", "sliding_attention"] * 2
    pruned = whole.with_model(models.keep_layers(whole.model, [1, 2]))
    pruned.save(tmp_path / "model", pico.texts())
    config = json.loads((tmp_path / "model" / "config.json").read_text())
    assert config["layer_types"] == ["sliding_attention", "full_attention"]
    assert whole.model.config.num_hidden_layers == 4 and len(whole.model.config.layer_types) == 4


@pytest.mark.parametrize("pooling", ["cls", "mean"])
def test_both_ways_of_pooling_are_the_models_own(pooling):
    whole = pico.model("modernbert", classifier_pooling=pooling)
    _, batch = next(iter(pico.batch_of(pico.texts(8))))
    stream = models.embed(whole, batch)
    for layer in models.layers(whole):
        stream = stream.through(layer)
    torch.testing.assert_close(models.classify(whole, stream), models.forward_logits(whole, batch))


@pytest.mark.parametrize(
    ("family", "changes", "said"),
    [
        ("deberta-v2", {"conv_kernel_size": 3}, "deberta-v2 with conv_kernel_size: 3 is not supported, since a conv"),
        ("gpt2", {"scale_attn_by_inverse_layer_idx": True}, "gpt2 with scale_attn_by_inverse_layer_idx: True is not"),
    ],
)
def test_variants_whose_layers_do_not_stand_alone_are_refused(family, changes, said, tmp_path):
    pico.classifier(family=family, **changes).save(tmp_path / "model", pico.inputs(family))
    with pytest.raises(ValueError, match=said) as refusal:
        model_io.load(tmp_path / "model")
    assert "\n" not in str(refusal.value)


@pytest.fixture
def decoder(tmp_path) -> Path:
    """The folder of a GPT-2 as it is published: byte pairs, no padding token, weights of the bare encoder."""
    vocabulary = {"<|endoftext|>": 0} | {chr(0x21 + i): i + 1 for i in range(90)} | {"Ġ": 91, "wo": 92, "rd": 93}
    words = GPT2TokenizerFast(vocab=vocabulary, merges=[("w", "o"), ("r", "d")])
    bare = pico.model("gpt2", pad_token_id=None, bos_token_id=0, eos_token_id=0, vocab_size=94).transformer
    bare.save_pretrained(tmp_path / "gpt2")
    words.save_pretrained(tmp_path / "gpt2")
    return tmp_path / "gpt2"


def test_a_decoder_without_a_padding_token_pads_with_its_end(decoder):
    model, tokenizer = model_io.load(decoder, ["a", "b"])
    assert tokenizer.pad_token_id == tokenizer.eos_token_id == model.config.pad_token_id == 0
    whole = Classifier(model, tokenizer, 32, 8, pico.EXACT)
    texts = ["", *pico.texts(8)]
    alone = np.concatenate([whole.logits([text]) for text in texts])
    np.testing.assert_allclose(whole.logits(texts), alone, atol=1e-5)
    assert len(np.unique(alone.round(4), axis=0)) > 4


def test_a_tokenizer_without_any_token_to_pad_with_is_refused(decoder):
    config = json.loads((decoder / "tokenizer_config.json").read_text())
    for name in ("eos_token", "bos_token", "unk_token"):
        config[name] = None
    (decoder / "tokenizer_config.json").write_text(json.dumps(config))
    with pytest.raises(ValueError, match="neither a pad_token nor an eos_token"):
        model_io.load(decoder)


@pytest.mark.parametrize("kept", [[], [0, 0], [4], [-1, 0]])
def test_layers_that_do_not_exist_are_refused(kept):
    with pytest.raises(ValueError, match="cannot keep layers"):
        models.keep_layers(pico.model(layers=4), kept)


def test_an_unknown_architecture_is_refused_with_the_supported_ones():
    with pytest.raises(ValueError, match=r"'t5' is not supported: choose one of bert, deberta-v2, .*, roberta"):
        models.architecture("t5")


def test_every_file_is_an_architecture_and_every_architecture_has_a_file():
    assert names("modeling/architectures") == sorted(name.replace("-", "_") for name in models.ARCHITECTURES)
    assert set(models.ARCHITECTURES) == set(pico.CONFIGS)


@pytest.mark.parametrize("damage", ["absent", "cut", "config", "pickle", "unknown", "tokenizer"])
def test_a_damaged_model_is_refused_in_one_line(damage, tmp_path):
    pico.classifier().save(tmp_path / "model", pico.texts())
    weights, config = tmp_path / "model" / "model.safetensors", tmp_path / "model" / "config.json"
    if damage == "absent":
        weights.unlink()
    elif damage == "pickle":
        weights.rename(tmp_path / "model" / "pytorch_model.bin")
    elif damage == "unknown":
        config.write_text('{"model_type": "t5"}')
    elif damage == "tokenizer":
        for file in (tmp_path / "model").glob("*token*"):
            file.unlink()
    elif damage == "cut":
        weights.write_bytes(weights.read_bytes()[:500])
    else:
        config.write_text("{")
    with pytest.raises(ValueError, match=r"model|architecture") as refusal:
        model_io.load(tmp_path / "model")
    assert "\n" not in str(refusal.value)


def test_a_fresh_head_has_the_classes_asked_for_and_is_the_same_for_the_same_seed(tmp_path):
    pico.classifier().save(tmp_path / "model", pico.texts())
    heads = []
    for _ in range(2):
        torch.manual_seed(3)
        model, _ = model_io.load(tmp_path / "model", ["a", "b", "c", "d", "e"])
        heads.append(model.classifier.weight)
    assert model.config.id2label[4] == "e" and heads[0].shape == (5, 16) and torch.equal(*heads)


def test_no_texts_have_no_logits():
    assert pico.classifier(classes=3).logits([]).shape == (0, 3)
