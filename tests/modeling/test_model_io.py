"""Models as folders: what is saved is what is loaded, and what does not fit is refused in one line."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import (
    AutoModelForImageClassification,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    GPT2TokenizerFast,
)

from slim.modeling import model_io
from slim.modeling import transformer as models
from slim.modeling.classifier import Classifier
from slim.modeling.manifest import read_manifest
from tests import pico


@pytest.mark.parametrize("family", models.ARCHITECTURES)
def test_plain_transformers_reads_a_saved_model_and_gives_the_same_logits(family, tmp_path):
    whole = pico.classifier(family=family, layers=4)
    pruned = whole.with_model(models.keep_layers(whole.model, [1, 3]))
    pruned.save(tmp_path / "model", pico.inputs(family))
    images = models.ARCHITECTURES[family].images
    auto = AutoModelForImageClassification if images else AutoModelForSequenceClassification
    _, batch = next(iter(pruned.batches(pico.inputs(family, 8), by_length=False)))
    plain = auto.from_pretrained(tmp_path / "model").eval()(**batch).logits.detach().numpy()
    np.testing.assert_allclose(plain, pruned.logits(pico.inputs(family, 8)), atol=1e-5)
    reference = np.load(tmp_path / "model" / "reference_logits.npy")
    np.testing.assert_array_equal(reference, pruned.reference_logits(pico.inputs(family)))


def test_the_manifest_lists_what_runs_the_model_and_the_steps_that_led_to_it(tmp_path):
    steps = [{"stage": "prune", "recipe": "half", "method": "drop_layers", "options": {"keep": 0.5}}]
    pico.classifier().save(tmp_path / "model", pico.texts(), steps, recipe={"kept": [0]})
    manifest = read_manifest(tmp_path / "model")
    assert manifest["format"] == "transformers" and manifest["steps"] == steps
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= set(manifest["files"])
    others = {path.name for path in (tmp_path / "model").iterdir()} - set(manifest["files"])
    assert others == {"manifest.json", "reference_logits.npy", "recipe.json"}
    assert manifest["bytes"] == sum((tmp_path / "model" / name).stat().st_size for name in manifest["files"])
    for name in others:  # nothing else is needed
        (tmp_path / "model" / name).unlink()
    model_io.load(tmp_path / "model")


@pytest.mark.parametrize("damage", ["absent", "text", "keys", "file", "size"])
def test_a_damaged_manifest_is_refused_in_one_line(damage, tmp_path):
    pico.classifier().save(tmp_path / "model", pico.texts())
    manifest = tmp_path / "model" / "manifest.json"
    if damage == "absent":
        manifest.unlink()
    elif damage == "file":
        (tmp_path / "model" / "tokenizer.json").unlink()
    elif damage == "size":
        (tmp_path / "model" / "config.json").write_text("{}")
    else:
        manifest.write_text({"text": "{", "keys": '{"format": "transformers"}'}[damage])
    with pytest.raises(ValueError, match=r"manifest\.json") as refusal:
        read_manifest(tmp_path / "model")
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("family", models.ARCHITECTURES)
def test_a_head_for_the_same_classes_is_put_in_their_order(family, tmp_path, capsys):
    whole = pico.classifier(family)
    whole.model.config.id2label = dict(enumerate("abc"))
    whole.save(tmp_path / "model", pico.inputs(family))
    logits = whole.logits(pico.inputs(family))
    same = whole.with_model(model_io.load(tmp_path / "model", ["a", "b", "c"])[0])
    np.testing.assert_array_equal(same.logits(pico.inputs(family)), logits)
    turned = whole.with_model(model_io.load(tmp_path / "model", ["c", "a", "b"])[0])
    np.testing.assert_allclose(turned.logits(pico.inputs(family)), logits[:, [2, 0, 1]], atol=1e-6)
    assert turned.model.config.id2label == {0: "c", 1: "a", 2: "b"}
    assert "the classes of its head are put in the order c, a, b" in capsys.readouterr().out
    fresh = whole.with_model(model_io.load(tmp_path / "model", ["a", "b", "x"])[0])
    assert not np.isclose(fresh.logits(pico.inputs(family)), logits).all(axis=0).any()
    assert "its head is not for the classes a, b, x, so a fresh one is drawn" in capsys.readouterr().out
    model_io.load(tmp_path / "model", ["a", "b"])
    assert "its head is not for the classes a, b, so a fresh one is drawn" in capsys.readouterr().out


# vit reads images, and transformers knows qwen2's tokenizer better than the folder does.
@pytest.mark.parametrize("family", sorted(set(models.ARCHITECTURES) - {"qwen2", "vit"}))
def test_the_tokenizer_beside_a_model_gives_what_the_model_takes(family, tmp_path):
    whole = pico.classifier(family=family)
    whole.save(tmp_path / "model", pico.inputs(family))
    plain = AutoTokenizer.from_pretrained(tmp_path / "model")(
        pico.inputs(family, 8), padding=True, return_tensors="pt"
    )
    ours = next(iter(whole.batches(pico.inputs(family, 8), by_length=False)))[1]
    assert set(plain) == set(ours) and all(torch.equal(plain[name], ours[name]) for name in ours)


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
