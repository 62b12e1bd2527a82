"""The pretrained encoder: whose it is, that it is the published one, and what is refused."""

import hashlib
import json

import pytest

from slim.imports import ROOT
from slim.params import load
from slim.pretrained import fetch, packaged
from tests import pico

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
        packaged("no-such")
    with pytest.raises(ValueError, match=r"model\.path: .* has no model\.safetensors"):
        fetch(tmp_path / "base", source="folder", path=str(tmp_path), name="", sha256=None)


def test_a_local_folder_is_a_source_too(tmp_path):
    pico.classifier().save(tmp_path / "mine", pico.texts())
    fetch(tmp_path / "base", source="folder", path=str(tmp_path / "mine"), name="", sha256=None)
    assert (tmp_path / "base" / "config.json").exists()
    assert json.loads((tmp_path / "base" / "card.json").read_text())["name"] == "mine"
