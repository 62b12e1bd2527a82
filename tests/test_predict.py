"""A shipped ONNX model as its users meet it: without PyTorch, from Python and from a shell."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import slim
from slim.compression.onnx.export import export
from slim.modeling.manifest import write_manifest
from slim.modeling.onnx_classifier import OnnxClassifier
from tests import pico
from tests.imports import ROOT

TEXTS = pico.texts(40)
ABSENT = ("torch", "transformers", "pandas", "pyarrow", "datasets", "onnx", "scipy", "pydantic")
"""What a shipped model does without."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """The folder of an ONNX model of the classes a, b and c, with `logits.npy`, those of TEXTS by PyTorch, beside."""
    path = tmp_path_factory.mktemp("model") / "pico"
    model = pico.classifier(layers=1)
    model.model.config.id2label = dict(enumerate("abc"))
    export(model, TEXTS).save(path, TEXTS, [{"stage": "compress", "method": "onnx"}])
    np.save(path.parent / "logits.npy", model.logits(TEXTS))
    return path


def python(*words: str, cwd: Path, stdin: str = "") -> subprocess.CompletedProcess:
    """A new process in which what a shipped model does without cannot be imported."""
    absent = f"import sys; sys.modules.update(dict.fromkeys({ABSENT}))\n"
    program = f"{absent}import runpy; sys.argv[1:] = {list(words)}; runpy.run_module('slim', run_name='__main__')"
    return subprocess.run(
        [sys.executable, "-c", program], input=stdin.encode(), cwd=cwd, env={"PYTHONPATH": str(ROOT)},
        capture_output=True, check=False,
    )  # fmt: skip


def answers(*words: str, cwd: Path, stdin: str = "") -> list[str]:
    done = python("predict", *words, cwd=cwd, stdin=stdin)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode().splitlines()


def expected(folder: Path) -> list[str]:
    """What PyTorch answers."""
    logits = np.load(folder.parent / "logits.npy")
    chances = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    return [f"{'abc'[each.argmax()]}\t{each.max():.4f}" for each in chances]


def test_what_is_loaded_is_what_was_saved(folder):
    model = slim.load(folder)
    assert isinstance(model, OnnxClassifier) and model.precision == "fp32" and model.max_tokens == 16
    np.testing.assert_allclose(model.logits(TEXTS), np.load(folder.parent / "logits.npy"), atol=1e-4)
    np.testing.assert_array_equal(model.reference_logits(TEXTS), np.load(folder / "reference_logits.npy"))
    assert model.logits([]).shape == (0, 3) and slim.predict(model, []) == []
    with pytest.raises(ValueError, match="the model reads texts and the dataset holds images"):
        model.logits(pico.images(2))


def test_a_folder_saved_again_is_the_same(folder, tmp_path):
    slim.load(folder).save(tmp_path / "again", TEXTS, [{"stage": "compress", "method": "onnx"}])
    assert {path.name: path.read_bytes() for path in (tmp_path / "again").iterdir()} == {
        path.name: path.read_bytes() for path in folder.iterdir()
    }


def test_the_folder_is_compact_and_its_tokenizer_cuts_and_pads_by_itself(folder):
    files = {path.name for path in folder.iterdir()} - {"manifest.json", "reference_logits.npy"}
    assert files == {"model.onnx", "tokenizer.json", "classifier.json"}
    text = (folder / "tokenizer.json").read_text()
    assert "\n" not in text
    rules = json.loads(text)
    assert rules["truncation"]["max_length"] == 16 and rules["padding"]["direction"] == "Right"


def test_a_shell_answers_every_line_without_pytorch_and_writes_nothing(folder, tmp_path):
    (tmp_path / "texts.txt").write_text("\n".join(TEXTS))
    assert answers(str(folder), "texts.txt", cwd=tmp_path) == expected(folder)
    assert answers(str(folder), cwd=tmp_path, stdin="\n".join(TEXTS)) == expected(folder)
    assert [path.name for path in tmp_path.iterdir()] == ["texts.txt"]


def test_columns_of_tables_are_read(folder, tmp_path):
    (tmp_path / "a.csv").write_text("id,text\n" + "".join(f'{i},"{text}"\n' for i, text in enumerate(TEXTS)))
    (tmp_path / "b.tsv").write_text("review\tid\n" + "".join(f"{text}\t1\n" for text in TEXTS))
    (tmp_path / "c.jsonl").write_text("".join(json.dumps({"id": 1, "review": text}) + "\n" for text in TEXTS))
    assert answers(str(folder), "a.csv", cwd=tmp_path) == expected(folder)
    for name in ("b.tsv", "c.jsonl"):
        assert answers(str(folder), name, "--column", "review", cwd=tmp_path) == expected(folder)
    pairs = answers(str(folder), "a.csv", "--column", "text", "--column", "text", cwd=tmp_path)
    assert len(pairs) == 40 and pairs != expected(folder)


def test_lines_have_no_columns(folder, tmp_path):
    done = python("predict", str(folder), "--column", "review", cwd=tmp_path, stdin="a")
    assert done.returncode == 1 and b"predict: standard input has no columns" in done.stderr


def test_an_empty_line_is_answered_and_a_long_one_is_cut(folder, tmp_path):
    lines = ["", "word1 " * 14, "word1 " * 200_000, "", ""]
    empty, short, long, *others = answers(str(folder), cwd=tmp_path, stdin="\n".join(lines) + "\n")
    assert short == long and others == [empty, empty]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", "id,texts\n1,a\n", "a.csv has no column 'text': did you mean 'texts'?"),
        ("a.csv", "id,body\n1,a\n", "a.csv has no column 'text': name one of id, body with --column"),
        ("a.csv", "id,text\n1,a\n2\n", "a.csv cannot be read (row 3 has 1 fields instead of 2): repair it"),
        ("a.csv", 'text\n"a\n', "a.csv cannot be read (unexpected end of data): repair it"),
        ("a.jsonl", "[1]\n", "a.jsonl cannot be read (line 1 is no JSON object): repair it"),
        ("a.jsonl", '{"text": 1}\n', "a.jsonl cannot be read (line 1 holds something else than a text): repair it"),
        ("a.jsonl", '{"text": "\\ud800"}\n', "a.jsonl cannot be read ('utf-8' codec can't encode character"),
        ("a.txt", b"\xff\xfea\n", "a.txt cannot be read ('utf-8' codec can't decode byte 0xff"),
        ("b.txt", "", "a.txt cannot be read (No such file or directory): correct the path"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_one_line(name, content, said, folder, tmp_path):
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    done = python("predict", str(folder), name.replace("b.txt", "a.txt"), cwd=tmp_path)
    assert done.returncode == 1 and done.stdout == b""
    assert done.stderr.decode().startswith(f"predict: {said}") and done.stderr.count(b"\n") == 1


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("model.onnx", b"no graph", "holds a damaged model"),
        ("tokenizer.json", b"{}", "holds a damaged model"),
        ("classifier.json", b"{", "holds a damaged model"),
        ("classifier.json", b'{"labels": ["a"]}', "holds a damaged model"),
        ("manifest.json", b"{", r"manifest\.json is damaged"),
        ("model.onnx", None, r"lacks model\.onnx, which its manifest\.json lists"),
    ],
)
def test_a_damaged_folder_is_refused_in_one_line(file, content, said, folder, tmp_path):
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in folder.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    if content is None:
        (copy / file).unlink()
    else:
        (copy / file).write_bytes(content)
        if file != "manifest.json":  # whose sizes would tell
            (copy / "manifest.json").unlink()
            write_manifest(copy, "onnx")
    with pytest.raises(ValueError, match=said) as refusal:
        slim.load(copy)
    assert "\n" not in str(refusal.value)


def test_labels_that_do_not_fit_the_graph_are_refused(folder, tmp_path):
    model = slim.load(folder)
    about = type(model.about)(**{**vars(model.about), "labels": ("a", "b")})
    with pytest.raises(ValueError):
        type(model)(model.model, model.tokenizer, model.padding, 16, about).save(tmp_path / "other", TEXTS)
    assert not (tmp_path / "other").exists()


def test_the_ways_to_use_a_shipped_model_in_the_docs_work(folder, tmp_path):
    page = (ROOT / "docs/ship.md").read_text()
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        program = (
            f"import sys; sys.modules.update(dict.fromkeys({ABSENT}))\n{block}\nassert not answer - {{'a', 'b', 'c'}}"
        )
        named = program.replace("my_model", str(folder))
        subprocess.run([sys.executable, "-c", named], cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, check=True)
