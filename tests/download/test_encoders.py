"""The pretrained encoder: whose it is, that it is the published one, and what is refused."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from safetensors.torch import load_file, save_file

from slim.config import load
from slim.download.encoder import fetch
from slim.download.encoders.packaged import model_folder
from slim.modeling import model_io
from slim.modeling import transformer as models
from slim.modeling.classifier import Classifier
from slim.orchestration.machine import configuration, model_size
from tests import pico
from tests.hub_stand_in import Hub, Repository
from tests.imports import ROOT

MODEL = load(ROOT / "params.yaml").model


def test_the_packaged_encoder_is_the_published_file_under_its_authors_name(tmp_path):
    fetch(tmp_path / "base", **MODEL.model_dump())
    weights = (tmp_path / "base" / "model.safetensors").read_bytes()
    assert hashlib.sha256(weights).hexdigest() == MODEL.sha256
    card = json.loads((tmp_path / "base" / "card.json").read_text())
    assert card["weights"] == "sentence-transformers/all-MiniLM-L6-v2" and card["licence"] == "Apache-2.0"
    assert not list((tmp_path / "base").glob("*.bin"))


def test_another_hash_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(ValueError, match=r"hashes to 53aa.*, not to model\.sha256 0000"):
        fetch(tmp_path / "base", **MODEL.model_dump() | {"sha256": "0" * 64})
    assert not (tmp_path / "base").exists()


def test_a_package_that_is_not_installed_and_a_folder_without_a_model_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"model\.name: the package 'no-such' is not installed"):
        model_folder("no-such")
    with pytest.raises(ValueError, match=r"model\.path: .* has no model\.safetensors"):
        fetch(tmp_path / "base", source="folder", path=str(tmp_path), name="", sha256=None)


def test_a_local_folder_is_a_source_too(tmp_path):
    pico.classifier().save(tmp_path / "mine", pico.texts())
    fetch(tmp_path / "base", source="folder", path=str(tmp_path / "mine"), name="", sha256=None)
    assert (tmp_path / "base" / "config.json").exists()
    assert json.loads((tmp_path / "base" / "card.json").read_text())["name"] == "mine"


def folder_of(path: Path) -> dict:
    return {"source": "folder", "path": str(path), "name": "", "sha256": None}


@pytest.mark.parametrize("at", ["_orig_mod.{}", "module.{}", "module._orig_mod.{}", "{0[0]}._orig_mod.{0[1]}"])
def test_what_wrapped_a_saved_model_is_taken_out_of_the_names_of_its_tensors(at, tmp_path, capsys):
    def wrapped(tensors, _):
        return {at.format(name.split(".", 1) if "0[" in at else name): each for name, each in tensors.items()}

    pico.changed(tmp_path / "plain", lambda *_: None)
    fetch(tmp_path / "base", **folder_of(pico.changed(tmp_path / "mine", wrapped)))
    plain, base = (load_file(tmp_path / name / "model.safetensors") for name in ("plain", "base"))
    assert plain.keys() == base.keys() and all(torch.equal(plain[name], base[name]) for name in plain)
    assert f"model.path: {tmp_path}/mine: tensors lose the " in capsys.readouterr().out


def test_a_tensor_that_is_there_plain_and_wrapped_is_refused(tmp_path):
    def twice(tensors, _):
        return tensors | {"module.classifier.bias": tensors["classifier.bias"].clone()}

    with pytest.raises(ValueError, match=r"holds classifier\.bias and the same in module: save the model again"):
        fetch(tmp_path / "base", **folder_of(pico.changed(tmp_path / "mine", twice)))


def quantized(_, config):
    config["quantization_config"] = {"quant_method": "bitsandbytes"}


def diverged(tensors, _):
    tensors["bert.encoder.layer.2.output.dense.bias"][3] = torch.inf


def narrower(_, config):
    config["hidden_size"] = 8


def one_word_too_few(tensors, config):
    name = "bert.embeddings.word_embeddings.weight"
    tensors[name], config["vocab_size"] = tensors[name][:64].clone(), 64


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (quantized, " holds quantized weights, which are not supported"),
        (diverged, ": bert.encoder.layer.2.output.dense.bias holds NaN or infinity"),
        (narrower, ": bert.embeddings.LayerNorm.bias is (16,) in model.safetensors and (8,) by config.json"),
        (one_word_too_few, ": the tokenizer has 65 tokens, the model embeds 64"),
        ("model.safetensors", ": model.safetensors is a Git LFS pointer, not the file: fetch it with `git lfs pull`"),
        ("tokenizer.json", ": tokenizer.json is a Git LFS pointer, not the file"),
        ("cut", "/model.safetensors is damaged"),
        ("list", " holds a damaged model (config.json is no JSON object)"),
        ("adapter", " holds an adapter alone: save it merged into its model"),
        ("long", "finetune.max_tokens: 65 is more than the 64 positions of model.path"),
    ],
)
def test_a_folder_that_cannot_be_fine_tuned_is_refused_by_its_own_name_before_anything_trains(
    change, message, tmp_path
):
    folder = pico.changed(tmp_path / "mine", change if callable(change) else lambda *_: None)
    weights = folder / "model.safetensors"
    if change in ("model.safetensors", "tokenizer.json"):
        (folder / change).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n")
    elif change == "cut":
        weights.write_bytes(weights.read_bytes()[:-5])
    elif change == "list":
        (folder / "config.json").write_text("[]")
    elif change == "adapter":
        weights.rename(folder / "adapter_model.safetensors")
        (folder / "adapter_config.json").write_text("{}")
    with pytest.raises(ValueError) as refusal:
        fetch(tmp_path / "base", **folder_of(folder), max_tokens=65 if change == "long" else 64)
    assert message in str(refusal.value) and f"model.path: {folder}" in str(refusal.value)
    assert "\n" not in str(refusal.value) and not (tmp_path / "base").exists()


CASES = ROOT.parent / "shared" / "cases"
REFUSED = {
    "model_gpt2_new_pad_not_resized": "the tokenizer pads with token 209, the model embeds 209",
    "model_nan_weights": "bert.encoder.layer.2.output.dense.weight holds NaN or infinity",
    "model_num_layers_too_few": "(and 31 more) is in model.safetensors, not in the model",
    "model_quantized": "holds quantized weights",
    "model_roberta_short": "finetune.max_tokens: 16 is more than the 11 positions of",
    "model_vocab_mismatch": "word_embeddings.weight is (209, 16) in model.safetensors and (204, 16) by config.json",
}
"""Folders of ../shared/cases -> why they are refused."""
ACCEPTED = {
    "model_multi_label": "its head is not for the classes neg, pos, so a fresh one is drawn",
    "model_orig_mod": "tensors lose the _orig_mod in their names",
    "model_own_swapped": "the classes of its head are put in the order neg, pos",
    "model_thirteen_layers": "",
}
"""Folders that become a teacher -> what is said of them."""


@pytest.mark.skipif(not CASES.is_dir(), reason="no ../shared/cases beside the repository")
@pytest.mark.parametrize("name", sorted({*REFUSED, *ACCEPTED, *(path.name for path in CASES.glob("model_*"))}))
def test_a_case_of_a_users_model_is_refused_or_read_right(name, tmp_path, capsys):
    folder = CASES / name / "my_model"
    if name in REFUSED:
        with pytest.raises(ValueError) as refusal:
            fetch(tmp_path / "base", **folder_of(folder), max_tokens=16)
        assert REFUSED[name] in str(refusal.value) and str(folder) in str(refusal.value)
        return
    fetch(tmp_path / "base", **folder_of(folder), max_tokens=16)
    model, processor = model_io.load(tmp_path / "base", ["neg", "pos"])
    assert ACCEPTED[name] in capsys.readouterr().out
    assert model.config.problem_type in (None, "single_label_classification")
    if name == "model_own_swapped":  # trained to be right on every row
        rows = pd.read_csv(CASES / "plain/test.csv")
        found = Classifier(model, processor, 16, 8, pico.EXACT).logits(list(rows["text"])).argmax(axis=1)
        assert [model.config.id2label[label] for label in found] == list(rows["label"])


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A hub with a model of three layers, one whose weights are a pickle, and one that is not for everybody."""
    encoder, pickled = tmp_path / "hub/encoder", tmp_path / "hub/pickle"
    pico.classifier().save(encoder, pico.texts())
    pickled.mkdir()
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        (pickled / name).write_bytes((encoder / name).read_bytes())
    for folder in (encoder, pickled):
        (folder / "pytorch_model.bin").write_bytes(b"never loaded")
    repositories = {
        "models/some/encoder": Repository({"main": encoder}),
        "models/some/pickle": Repository({"main": pickled}),
        "models/some/gated": Repository({}, "gated"),
    }
    with Hub(repositories, tmp_path / "cache") as served:
        served.patch(monkeypatch)
        yield served


ENCODER = "models/some/encoder"


def of(hub: Hub, name: str = "some/encoder") -> dict:
    """What params.yaml says of a model of the hub."""
    repository = hub.repositories.get(f"models/{name}")
    known = repository is not None and "main" in repository.branches
    revision = repository.commit() if known else "0" * 40
    return {"source": "hub", "path": "lock", "name": name, "revision": revision}


def test_a_commit_of_a_hub_is_a_source(hub, tmp_path):
    fetch(tmp_path / "base", **of(hub))
    origin = hub.repositories[ENCODER].branches["main"]
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        assert (tmp_path / "base" / name).read_bytes() == (origin / name).read_bytes()
    assert not any(path.endswith((".bin", ".npy")) for path in hub.asked)
    card = json.loads((tmp_path / "base" / "card.json").read_text())
    assert (card["source"], card["weights"], card["revision"]) == ("hub", "some/encoder", of(hub)["revision"])
    model_io.load(tmp_path / "base", ["a", "b"])


def test_a_configuration_comes_without_weights(hub):
    assert configuration(**of(hub)).num_hidden_layers == 3
    assert {Path(path).name for path in hub.asked if "/resolve/" in path} == {"config.json"}
    with pytest.raises(ValueError, match="model: the hub has no model 'some/nothing'"):
        configuration(**of(hub, "some/nothing"))


def test_the_stage_asks_the_hub_of_the_environment_and_works_offline_afterwards(hub, tmp_path):
    params = yaml.safe_load((ROOT / "params.yaml").read_text())
    params["model"] = of(hub)
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params))
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **hub.environment}
    for more in ({}, {"HF_HUB_OFFLINE": "1"}):
        command = [sys.executable, "-m", "stages.download_model"]
        subprocess.run(command, cwd=tmp_path, env=environment | more, check=True, capture_output=True)
        assert (tmp_path / "models/base/model.safetensors").is_file()
        (tmp_path / "models/base/model.safetensors").unlink()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "some/pickle"}, "model.name: 'some/pickle' has no model.safetensors"),
        ({"name": "some/nothing"}, "model: the hub has no model 'some/nothing', or it is private: correct the name"),
        ({"name": "a/b/c"}, "model: the hub has no model 'a/b/c'"),
        ({"name": "some/gated"}, "model: 'some/gated' is gated: accept its terms on the hub and log in"),
        ({"revision": "0" * 40}, f"model: 'some/encoder' has no revision {'0' * 40}: copy a commit"),
        ({"sha256": "0" * 64}, "not to model.sha256 0000"),
        ("no hub", "model: 'some/encoder' cannot be fetched (HF_HUB_OFFLINE is set): check the network"),
    ],
)
def test_what_a_hub_does_not_have_is_refused_in_one_line(changes, message, hub, tmp_path, monkeypatch):
    if changes == "no hub":
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
        changes = {}
    wanted = of(hub, changes.get("name", "some/encoder")) | changes
    with pytest.raises(ValueError) as refusal:
        fetch(tmp_path / "base", **wanted)
    assert message in str(refusal.value) and "\n" not in str(refusal.value)
    assert not (tmp_path / "base").exists()


def test_weights_in_shards_become_one_file(hub, tmp_path):
    origin = hub.repositories[ENCODER].branches["main"]
    tensors = load_file(origin / "model.safetensors")
    shards = {f"model-0000{i}-of-00002.safetensors": dict(list(tensors.items())[i - 1 :: 2]) for i in (1, 2)}
    for name, shard in shards.items():
        save_file(shard, origin / name, metadata={"format": "pt"})
    index = {"weight_map": {tensor: name for name, shard in shards.items() for tensor in shard}}
    (origin / "model.safetensors.index.json").write_text(json.dumps(index))
    whole, _ = model_io.load(origin)
    (origin / "model.safetensors").unlink()
    fetch(tmp_path / "base", **of(hub))
    joined, _ = model_io.load(tmp_path / "base")
    assert all(torch.equal(tensor, whole.state_dict()[name]) for name, tensor in joined.state_dict().items())
    (origin / "model-00002-of-00002.safetensors").unlink()
    with pytest.raises(ValueError, match=r"lacks model-00002-of-00002\.safetensors"):
        fetch(tmp_path / "other", **of(hub))
    (origin / "model.safetensors.index.json").write_text("{}")
    with pytest.raises(ValueError, match=r"index\.json is damaged, since it names no shards: download it again"):
        fetch(tmp_path / "other", **of(hub))


SHAPE = {"num_hidden_layers": 3, "hidden_size": 16, "num_attention_heads": 2, "intermediate_size": 32,
         "max_position_embeddings": 64, "num_key_value_heads": None}  # fmt: skip


def drawn(folder: Path, model_type: str, seed: int = 0, **changes) -> None:
    fetch(folder, source="random", path="lock", name=MODEL.name, config={"model_type": model_type} | SHAPE | changes,
          seed=seed)  # fmt: skip


@pytest.mark.parametrize("model_type", sorted(set(models.ARCHITECTURES) - {"qwen2", "vit"}))
def test_random_weights_of_every_architecture_go_with_the_packaged_tokenizer(model_type, tmp_path):
    drawn(tmp_path / "base", model_type, **({"num_key_value_heads": 1} if model_type in ("llama", "mistral") else {}))
    torch.manual_seed(0)
    model, tokenizer = model_io.load(tmp_path / "base", ["a", "b", "c"])
    assert len(models.layers(model)) == 3 and model.config.hidden_size == 16
    assert model.config.vocab_size == len(tokenizer) and model.config.pad_token_id == tokenizer.pad_token_id == 0
    batch = tokenizer(["some text", "a"], padding=True, return_tensors="pt")
    assert set(batch) == set(models.architecture(model_type).inputs)
    assert np.isfinite(models.forward_logits(model, dict(batch)).detach().numpy()).all()
    assert sum(32 in p.shape for p in models.layers(model)[0].parameters() if p.dim() > 1) >= 1


def test_a_configuration_of_random_weights_is_known_before_they_are_drawn(tmp_path):
    config = {"model_type": "distilbert"} | SHAPE
    settings = configuration(source="random", path="lock", name=MODEL.name, config=config)
    drawn(tmp_path / "base", "distilbert")
    model, _ = model_io.load(tmp_path / "base", ["a", "b"])
    assert model_size(settings).layer_parameters == sum(p.numel() for p in models.layers(model)[0].parameters())
    assert settings.vocab_size == model.config.vocab_size


def test_random_weights_are_those_of_their_seed(tmp_path):
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        drawn(tmp_path / name, "bert", seed)
    a, b, c = (load_file(tmp_path / name / "model.safetensors") for name in "abc")
    assert all(torch.equal(a[name], b[name]) for name in a)
    assert not torch.equal(*(each["encoder.layer.0.attention.self.query.weight"] for each in (a, c)))
    card = json.loads((tmp_path / "a" / "card.json").read_text())
    assert card["weights"] == "random" and card["config"]["model_type"] == "bert" and card["tokenizer"] == MODEL.name


@pytest.mark.parametrize(
    ("model_type", "changes", "message"),
    [
        ("bert", {"num_key_value_heads": 1}, r"model\.config\.num_key_value_heads: architecture 'bert' has none"),
        ("qwen2", {"num_key_value_heads": 1}, r"reads a tokenizer beside a 'qwen2' as qwen2's own"),
    ],
)
def test_a_shape_or_tokenizer_that_an_architecture_does_not_take_is_refused(model_type, changes, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        drawn(tmp_path / "base", model_type, **changes)
    assert not (tmp_path / "base").exists()
