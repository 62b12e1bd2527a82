"""What every compressor promises, on pico models of every architecture."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from slim.compression.context import Context
from slim.evaluation.size import size
from slim.modeling.classifier import Classifier
from slim.modeling.formats import load_model
from slim.modeling.splits import Split
from slim.modeling.transformer import ARCHITECTURES, keep_layers, layers
from slim.training.rounding import rounded
from slim.utils.io import write_arrays
from slim.utils.registry import find, names
from tests import pico

NULL = {
    "drop_layers": {"order": "greedy", "keep": 1.0},
    "distill": {"learning_rate": 1e-12, "weight_decay": 0.0},
    "quantize": {"bits": 8},
    "trim_vocabulary": {"min_count": 0},
}
"""Options under which a compressor changes nothing or, where it must round, least; none needed where it is absent."""
APPLY = {
    "drop_layers": {"order": "greedy", "keep": 0.5},
    "distill": {"epochs": 1, "batch_size": 8},
    "quantize": {"bits": 4, "block_size": 16},
    "factorize_embeddings": {"rank": 4},
    "cur": {"rank": 8, "layers": 1, "matrices": "all"},
    "svd": {"rank": 8, "layers": 1},
    "merge_ffn": {"layers": 2},
    "share_channels": {"clusters": 4, "matrices": "all"},
    "round_to_nearest": {"bits": 3, "block_size": 16, "matrices": "all"},
    "narrow": {"keep": 0.5},
    "solution_path": {"epochs": 1, "batch_size": 8},
    "supernet": {"shares": (0.5,), "removable": 1, "batch_size": 8},
    "subnet": {"keep": 0.8, "trials": 4},
}
RANKED = ("rank_units", {"criterion": "magnitude", "units": ("heads", "query_key", "value", "feed_forward")})
PREPARED = {
    "fuse_cores": [("cur", {"rank": 8, "layers": 1})],
    "narrow": [RANKED],
    "supernet": [RANKED],
    "subnet": [RANKED, ("supernet", APPLY["supernet"])],
}
"""What must come before a compressor."""
SMALLER = {
    "drop_layers": True, "float16": True, "identity": False, "distill": False, "onnx": False, "quantize": True,
    "trim_vocabulary": True, "factorize_embeddings": True, "cur": True, "svd": True, "fuse_cores": True,
    "merge_ffn": True, "share_channels": True, "round_to_nearest": True, "narrow": True, "rank_units": False,
    "sparsify": True, "supernet": True, "subnet": True,
    "solution_path": False,
}  # fmt: skip
"""Whether the result takes fewer bytes on disk; a supernet drops the ranks that it was made from."""
EXPORTED = "vit reads images, and only models of texts are exported"
REFUSED = {
    ("trim_vocabulary", "vit"): "a model of images has no vocabulary: choose another method",
    ("factorize_embeddings", "vit"): "a model of images has no table of tokens: choose another method",
    ("onnx", "vit"): EXPORTED,
    ("quantize", "vit"): EXPORTED,
}
"""What a compressor says of a family that it cannot be applied to."""
NO_NULL = {
    "factorize_embeddings", "cur", "svd", "fuse_cores", "merge_ffn", "share_channels", "round_to_nearest", "narrow",
    "sparsify", "supernet", "subnet",
}  # fmt: skip
"""Those that always change something; what they keep is tested in a file of their own."""
ROUNDED = {"float16": 2e-2, "quantize": 0.5}
"""Largest difference of a logit where a compressor that has no null option rounds."""
SAME_COUNTS = ("onnx", "quantize", "float16", "identity", "rank_units", "solution_path")
"""Those that leave the number of parameters as it is."""
RUNTIME = {"seed": 0, "threads": 1, "precision": "fp32", "batch_size": 8}


def test_every_compressor_is_under_contract():
    assert set(SMALLER) == set(names("compression/compressors"))


@pytest.fixture
def context(tmp_path) -> Context:
    """A context with texts, teacher logits, and two kept layers."""
    context = Context(
        tmp_path,
        tmp_path / "teacher",
        tmp_path / "logits.npz",
        {"seed": 0},
        tmp_path / "base",
        tmp_path / "work",
        kept=[0, 2],
    )
    texts, labels = pico.texts(24), pico.labels(24)
    vars(context)["train"] = vars(context)["validation"] = Split(texts, labels)
    vars(context)["unlabelled"] = []
    write_arrays(
        {"train": np.zeros((24, 3), np.float32), "unlabelled": np.zeros((0, 3), np.float32)}, context.logits_file
    )
    return context


def wide(family: str, layers: int) -> Classifier:
    """A model of which most bytes are weights."""
    return pico.classifier(family, layers=layers, **{"hidden_size": 64, ARCHITECTURES[family].inner: 128})


def state(model: Classifier) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in model.model.state_dict().items()}


@pytest.mark.parametrize("name", sorted(set(names("compression/compressors")) - NO_NULL))
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
    model, inputs = wide(family, layers=3), pico.inputs(family, 12)
    if ARCHITECTURES[family].images:
        vars(context)["train"] = vars(context)["validation"] = Split(pico.inputs(family, 24), pico.labels(24))
    if name in PREPARED:
        for first, options in PREPARED[name]:
            model = find("compression/compressors", first)(model, context, **options)
    before = state(model)
    if (name, family) in REFUSED:
        with pytest.raises(ValueError, match=REFUSED[name, family]):
            find("compression/compressors", name)(model, context, **APPLY.get(name, {}))
        return
    smaller = find("compression/compressors", name)(model, context, **APPLY.get(name, {}))
    assert all(torch.equal(before[key], value) for key, value in state(model).items())
    for folder, each in (("before", model), ("after", smaller)):
        each.save(tmp_path / folder, inputs)
    again = load_model(tmp_path / "after", RUNTIME)
    if family == "qwen2" and isinstance(again, Classifier):
        again = replace(again, processor=smaller.processor)  # transformers knows its tokenizer better than the folder
    np.testing.assert_allclose(again.logits(inputs), smaller.logits(inputs), atol=1e-5)
    assert list(again.labels) == model.labels
    assert again.max_tokens == model.max_tokens or ARCHITECTURES[family].images
    old, new = (size(tmp_path / folder) for folder in ("before", "after"))
    assert (new["bytes"] < old["bytes"]) == SMALLER[name]
    if name in SAME_COUNTS:
        assert {**new, "bytes": 0, "encoder_bytes": 0} == {**old, "bytes": 0, "encoder_bytes": 0}


@pytest.mark.parametrize("family", [name for name in sorted(ARCHITECTURES) if not ARCHITECTURES[name].images])
def test_in_onnx_every_model_of_texts_gives_the_same_logits(family, context, tmp_path):
    model, texts = wide(family, layers=2), ["", *pico.texts(40, seed=7), "word1 " * 30]
    exported = find("compression/compressors", "onnx")(model, context)
    np.testing.assert_allclose(exported.logits(texts), model.logits(texts), atol=1e-4)
    np.testing.assert_allclose(exported.logits(texts[:1]), model.logits(texts)[:1], atol=1e-4)
    assert exported.truncated_fraction(texts) == model.truncated_fraction(texts) == 1 / 42
    # Names of matrices say which block they are of; the rest are biases, norms and headers.
    assert (
        4 * exported.about.encoder_parameters <= exported.about.encoder_bytes < 4.1 * exported.about.encoder_parameters
    )


def test_a_distilled_model_reloads_and_its_input_is_untouched(context, tmp_path):
    model = pico.classifier(layers=3)
    before = state(model)
    trained = find("compression/compressors", "distill")(model, context, **APPLY["distill"])
    assert all(torch.equal(before[key], value) for key, value in state(model).items())
    assert any(not torch.equal(before[key], value) for key, value in state(trained).items())
    assert len(layers(trained.model)) == 3


def test_a_student_that_learned_with_rounded_weights_is_saved_with_exact_ones(context):
    distill, options = find("compression/compressors", "distill"), {**APPLY["distill"], "learning_rate": 1e-2}
    exact, aware = (state(distill(pico.classifier(layers=2), context, **options, **more))
                    for more in ({}, {"bits": 4, "block_size": 16}))  # fmt: skip
    name = next(name for name, weight in aware.items() if name.endswith("query.weight"))
    assert not torch.equal(aware[name], exact[name])
    assert not torch.equal(aware[name], rounded(aware[name], 16))


def test_trained_directly_a_student_starts_from_its_layers_and_tokens_of_the_encoder(context, tmp_path):
    encoder, teacher = pico.classifier(layers=3), pico.classifier(layers=3, seed=1)
    encoder.save(tmp_path / "base", pico.texts())
    trimmed = find("compression/compressors", "trim_vocabulary")(teacher, context, min_count=1)
    student = trimmed.with_model(keep_layers(trimmed.model, [0, 2]))
    vars(context)["teacher_layers"] = (0, 2)
    vars(context)["runtime"] = RUNTIME
    how = {**NULL["distill"], "epochs": 0.1, "alpha": 0.0}
    direct = find("compression/compressors", "distill")(student, context, **how, initial="encoder")
    own, was = state(direct), state(encoder)
    for name, kept in (("layer.0.", "layer.0."), ("layer.1.", "layer.2.")):
        for key in [key for key in own if name in key]:
            torch.testing.assert_close(own[key], was[key.replace(name, kept)])
    words, before = (each.processor.get_vocab() for each in (direct, encoder))
    table, old = own["bert.embeddings.word_embeddings.weight"], was["bert.embeddings.word_embeddings.weight"]
    assert len(table) == len(words) < len(before)
    assert all(torch.allclose(table[i], old[before[word]]) for word, i in words.items())
    head = "classifier.weight"
    assert not torch.allclose(own[head], state(student)[head]) and direct.labels == student.labels


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
