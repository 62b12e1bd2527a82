"""The package as its users meet it: `import slim`, from any folder."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import slim
import slim.modeling.tokenization
from tests import pico
from tests.imports import ROOT

TEXTS = pico.texts(300)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The folder of a saved model of the classes a, b and c."""
    path = tmp_path_factory.mktemp("model") / "pico"
    model = pico.classifier()
    model.model.config.id2label = dict(enumerate("abc"))
    model.save(path, TEXTS[:16])
    return path


def test_importing_slim_takes_no_library(tmp_path):
    program = "import sys, slim; assert not {'torch', 'transformers', 'numpy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, check=True)


def test_a_saved_model_predicts_from_any_folder_and_writes_nothing_there(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(slim.modeling.tokenization, "TOKENS", Path("tokens"))
    predictions = slim.predict(folder, TEXTS)
    logits = np.load(folder / "reference_logits.npy")
    probabilities = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    assert [each["label"] for each in predictions[:16]] == ["abc"[i] for i in logits.argmax(-1)]
    np.testing.assert_allclose([each["probability"] for each in predictions[:16]], probabilities.max(-1), atol=1e-5)
    assert len(predictions) == 300 and not list(tmp_path.iterdir())


def test_a_loaded_model_cuts_texts_where_it_was_trained_to(folder):
    classifier = slim.load(folder)
    assert classifier.max_tokens == 16
    long = ["word1 " * 15 + "word2", "word1 " * 15 + "word3"]
    assert len({each["probability"] for each in slim.predict(classifier, long)}) == 1
    assert slim.predict(classifier, []) == []


def test_images_are_predicted_too(tmp_path):
    model = pico.classifier("vit")
    model.save(tmp_path / "model", pico.images())
    labels = [each["label"] for each in slim.predict(tmp_path / "model", pico.images())]
    assert labels == [f"LABEL_{i}" for i in model.logits(pico.images()).argmax(-1)]


def test_another_format_is_refused_in_one_line(folder, tmp_path):
    pico.classifier().save(tmp_path / "model", TEXTS)
    manifest = json.loads((tmp_path / "model" / "manifest.json").read_text())
    (tmp_path / "model" / "manifest.json").write_text(json.dumps(manifest | {"format": "gguf"}))
    with pytest.raises(
        ValueError, match="is of the format 'gguf', not transformers or onnx: load it with what wrote it"
    ):
        slim.load(tmp_path / "model")
    with pytest.raises(ValueError, match=r"holds no manifest\.json"):
        slim.load(tmp_path)
