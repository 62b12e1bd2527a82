"""What does not fit a model's config or its tokenizer is refused by name, before anything runs."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from slim.modeling import model_io
from slim.modeling import transformer as models
from slim.modeling.classifier import MAX_TOKENS
from slim.modeling.formats import load_model
from slim.modeling.load_checks import check_positions
from tests import pico


def prefixed(tensors, _):
    return {f"_orig_mod.{name}": tensor for name, tensor in tensors.items()}


def fewer_layers(_, config):
    config["num_hidden_layers"] = 2


def narrower(_, config):
    config["intermediate_size"] = 16


def without_a_layer_norm(tensors, _):
    del tensors["bert.encoder.layer.1.output.LayerNorm.weight"]


def diverged(tensors, _):
    tensors["bert.encoder.layer.2.output.dense.bias"][3] = torch.nan


def quantized(_, config):
    config["quantization_config"] = {"quant_method": "bitsandbytes", "load_in_8bit": True}


def in_eight_bits(tensors, _):
    tensors["bert.encoder.layer.0.output.dense.weight"] = torch.ones(16, 32, dtype=torch.int8)


def with_a_second_encoder(tensors, _):
    tensors["vision.layer.0.weight"] = torch.ones(2)


def of_another_architecture(tensors, config):
    config["architectures"] = ["RobertaModel"]


def with_relative_positions(_, config):
    config["position_embedding_type"] = "relative_key"


def with_code_of_its_own(_, config):
    config["auto_map"] = {"AutoConfig": "its.Config", "AutoModel": "its.Model"}


def with_padding_out_of_range(_, config):
    config["pad_token_id"] = 65


def with_words_for_numbers(_, config):
    config["num_hidden_layers"] = "three"


def fewer_embeddings(tensors, config):
    config["vocab_size"] = 60
    name = "bert.embeddings.word_embeddings.weight"
    tensors[name] = tensors[name][:60].clone()


@pytest.mark.parametrize("labels", [None, ["new", "classes"]])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (prefixed, r"bert\.embeddings\.LayerNorm\.bias \(and \d+ more\) of the model is not in model\.safetensors"),
        (fewer_layers, r"bert\.encoder\.layer\.2\.attention\S+ \(and 15 more\) is in model\.safetensors, not in the"),
        (
            narrower,
            r"layer\.0\.intermediate\.dense\.bias is \(32,\) in model\.safetensors and \(16,\) by config\.json",
        ),
        (without_a_layer_norm, r"layer\.1\.output\.LayerNorm\.weight of the model is not in model\.safetensors"),
        (diverged, r"layer\.2\.output\.dense\.bias holds NaN or infinity"),
        (quantized, "holds quantized weights, which are not supported"),
        (fewer_embeddings, "the tokenizer has 65 tokens, the model embeds 60"),
        (in_eight_bits, r"holds quantized weights \(bert\.encoder\.layer\.0\.output\.dense\.weight is I8\)"),
        (with_a_second_encoder, r"vision\.layer\.0\.weight is in model\.safetensors, not in the model"),
        (of_another_architecture, "holds a RobertaModel, of the architecture 'roberta', with a config for 'bert'"),
        (with_relative_positions, "bert with position_embedding_type: relative_key is not supported"),
        (with_code_of_its_own, r"needs code of its own \(its\.Model\), which is never run"),
        (with_padding_out_of_range, r"config\.json pads with token 65, the model embeds 65"),
        (with_words_for_numbers, "'num_hidden_layers' expected int"),
    ],
)
def test_weights_that_do_not_fit_the_config_are_refused_by_name(change, message, labels, tmp_path):
    folder = pico.changed(tmp_path / "model", change)
    with pytest.raises(ValueError, match=message) as refusal:
        model_io.load(folder, labels)
    assert "\n" not in str(refusal.value) and str(folder) in str(refusal.value)


@pytest.mark.parametrize("family", models.ARCHITECTURES)
def test_an_encoder_is_accepted_whatever_task_its_head_is_for(family, tmp_path):
    whole = pico.classifier(family)
    module = sys.modules[type(whole.model).__module__]
    tasks = [name for name in module.__all__ if "For" in name or name.endswith("Model")]
    for task in tasks:
        if task.endswith(("PreTrainedModel", "ForQuestionAnswering")):  # the latter calls some encoders otherwise
            continue
        getattr(module, task)(pico.config(family)).save_pretrained(tmp_path / task)
        whole.processor.save_pretrained(tmp_path / task)
        model_io.check_pretrained(tmp_path / task, 16)
    assert len(tasks) > 2


@pytest.mark.parametrize(
    ("family", "old"),
    [
        ("bert", {"bert.embeddings.position_ids": torch.arange(64)[None]}),
        ("gpt2", {"transformer.h.0.attn.bias": torch.ones(1, 1, 4, 4, dtype=torch.bool)}),
        ("gpt2", {"transformer.h.0.attn.masked_bias": torch.tensor(-1e4)}),
        ("llama", {"model.layers.0.self_attn.rotary_emb.inv_freq": torch.ones(4)}),
    ],
)
def test_buffers_that_older_versions_saved_are_no_weights(family, old, tmp_path):
    model_io.check_pretrained(pico.changed(tmp_path / "model", lambda tensors, _: tensors | old, family))


def test_old_names_of_norms_are_read(tmp_path):
    def renamed(tensors, _):
        norm = {"LayerNorm.weight": "LayerNorm.gamma", "LayerNorm.bias": "LayerNorm.beta"}
        return {re.sub("|".join(norm), lambda part: norm[part[0]], name): each for name, each in tensors.items()}

    model_io.check_pretrained(pico.changed(tmp_path / "model", renamed))


def test_options_that_the_class_does_not_read_are_said(tmp_path, capsys):
    change = {"alibi_slopes": True, "rotary_base": 10, "hidden_act": "gelu", "unset": None}
    model_io.check_pretrained(pico.changed(tmp_path / "model", lambda _, config: config.update(change)))
    assert "options that transformers does not read: alibi_slopes, rotary_base\n" in capsys.readouterr().out


def test_a_model_without_a_head_is_loaded_with_labels_only(tmp_path):
    def headless(tensors, _):
        return {name: tensor for name, tensor in tensors.items() if not name.startswith("classifier")}

    folder = pico.changed(tmp_path / "model", headless)
    with pytest.raises(ValueError, match=r"classifier\.bias \(and 1 more\) of the model is not in model\.safetensors"):
        model_io.load(folder)
    assert model_io.load(folder, ["a", "b"])[0].config.num_labels == 2


@pytest.mark.parametrize("problem", ["multi_label_classification", "regression"])
def test_a_head_for_another_problem_is_refused_or_becomes_one_for_one_class_of_several(problem, tmp_path):
    folder = pico.changed(tmp_path / "model", lambda _, config: config.update(problem_type=problem))
    with pytest.raises(ValueError, match=f"a head for {problem}, not for one class of several"):
        model_io.load(folder)
    whole = pico.classifier().with_model(model_io.load(folder, ["a", "b", "c"])[0])
    whole.with_model(models.keep_layers(whole.model, [0])).save(tmp_path / "student", pico.texts())
    student, _ = model_io.load(tmp_path / "student")
    assert {whole.model.config.problem_type, student.config.problem_type} == {"single_label_classification"}


@pytest.mark.parametrize(("family", "positions"), [("bert", 64), ("roberta", 63), ("gpt2", 64), ("llama", None)])
def test_texts_longer_than_the_positions_of_the_model_are_refused(family, positions):
    model = pico.model(family)
    check_positions(Path("mine"), model, positions or 1000)
    if positions:
        with pytest.raises(ValueError, match=f"{positions + 1} is more than the {positions} positions of mine"):
            check_positions(Path("mine"), model, positions + 1)


def test_positions_that_count_from_another_padding_are_refused(tmp_path):
    folder = pico.changed(tmp_path / "model", lambda _, config: config.update(pad_token_id=1), "roberta")
    with pytest.raises(ValueError, match="pads with token 0, and positions count from token 1"):
        model_io.load(folder)


def test_a_decoder_padded_with_a_token_that_it_does_not_embed_is_refused(tmp_path):
    folder = pico.changed(tmp_path / "model", lambda *_: None, "gpt2")
    _, tokenizer = model_io.load(folder)
    tokenizer.add_special_tokens({"pad_token": "<pad>"})
    tokenizer.save_pretrained(folder)
    with pytest.raises(ValueError, match="the tokenizer pads with token 65, the model embeds 65: resize"):
        model_io.load(folder)


@pytest.mark.parametrize("kinds", [1, 2])
def test_pairs_are_read_by_a_model_of_one_segment_too(kinds, tmp_path):
    pico.classifier(type_vocab_size=kinds).save(tmp_path / "model", pico.texts())
    whole = load_model(tmp_path / "model")
    assert ("token_type_ids" in whole.processor.model_input_names) == (kinds == 2)
    logits = whole.logits([("word1 word2", "word3"), ("word1", "word2 word3")])
    assert np.isfinite(logits).all() and not np.isclose(*logits).all()


def test_a_long_text_is_cut_at_the_positions_where_the_folder_does_not_say(tmp_path):
    whole = pico.classifier("roberta")
    model_io.save(whole.model, whole.processor, tmp_path / "model", np.zeros((1, 3)))
    read = load_model(tmp_path / "model")
    assert read.max_tokens == 63 < MAX_TOKENS
    assert np.isfinite(read.logits([" ".join(pico.WORDS * 2)])).all()


def test_images_of_one_channel_are_refused(tmp_path):
    pico.classifier("vit").save(tmp_path / "model", pico.images(3))
    (tmp_path / "model/config.json").write_text(
        (tmp_path / "model/config.json").read_text().replace('"num_channels": 3', '"num_channels": 1')
    )
    with pytest.raises(ValueError, match="reads images of 1 channels, not 3"):
        model_io.load(tmp_path / "model")
