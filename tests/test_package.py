"""The package as its users meet it: `import slim`, from any folder."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

import slim
from slim.utils.code_hash import ROOT
from tests import pico

TEXTS = pico.texts(300)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The folder of a saved model of the classes a, b and c."""
    path = tmp_path_factory.mktemp("model") / "pico"
    model = pico.classifier()
    model.model.config.id2label = dict(enumerate("abc"))
    model.save(path, TEXTS[:16])
    return path


def test_a_saved_model_predicts_from_any_folder_and_writes_nothing_there(folder, tmp_path):
    program = (
        "import sys, slim, json\n"
        "assert not {'torch', 'transformers', 'numpy'} & set(sys.modules)\n"
        "print(json.dumps(slim.predict(sys.argv[1], json.load(sys.stdin))))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, str(folder)],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        input=json.dumps(TEXTS),
        capture_output=True,
        text=True,
        check=True,
    )
    logits = slim.load(folder).logits(TEXTS)
    probabilities = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    predictions = json.loads(ran.stdout)
    assert [each["label"] for each in predictions] == ["abc"[i] for i in logits.argmax(-1)]
    np.testing.assert_allclose([each["probability"] for each in predictions], probabilities.max(-1), atol=1e-5)
    assert not list(tmp_path.iterdir())


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
    (tmp_path / "model" / "manifest.json").write_text(json.dumps(manifest | {"format": "onnx"}))
    with pytest.raises(ValueError, match="is of the format 'onnx', not 'transformers'"):
        slim.load(tmp_path / "model")
    with pytest.raises(ValueError, match=r"holds no manifest\.json"):
        slim.load(tmp_path)
