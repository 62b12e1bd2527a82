"""Times of a run's models: all in turn, the teacher in ONNX Runtime beside them, and the page that says so."""

import pandas as pd
import pytest

from slim.shipping import benchmark
from slim.shipping.benchmark import REFERENCE, TEACHER, measure, page
from slim.shipping.latency import machine
from tests import pico

RUNTIME = {"seed": 0, "threads": 1, "precision": "fp32", "batch_size": 8}


@pytest.fixture
def table(tmp_path, monkeypatch):
    folders = {name: tmp_path / name for name in (TEACHER, "small")}
    for layers, folder in zip((2, 1), folders.values(), strict=True):
        pico.classifier(layers=layers).save(folder, pico.texts())
    started = [{"recipe": name, "load": 0.1, "answer": 0.2, "peak_bytes": 5e7} for name in (*folders, REFERENCE)]
    monkeypatch.setattr(benchmark, "starts", lambda *_: iter(started))
    return measure(folders, pico.texts(12), RUNTIME, rounds=3, batch=4)


def test_every_model_and_the_teacher_in_onnx_runtime_has_its_times(table):
    rows = table.set_index("recipe")
    assert list(rows.index) == [TEACHER, "small", REFERENCE] and rows.loc[REFERENCE, "format"] == "onnx"
    for case in ("short", "long", "batch"):
        assert ((rows[f"{case}_min"] <= rows[f"{case}_p50"]) & (rows[f"{case}_p50"] <= rows[f"{case}_p90"])).all()
    assert (rows["bytes"] > 0).all() and (rows["answer"] == 0.2).all()


def test_the_page_names_both_references_and_marks_noise():
    times = {f"{case}_{key}": 0.004 for case in ("short", "long", "batch") for key in ("p50", "p90", "min")}
    quiet = {f"{case}_noisy": False for case in ("short", "long", "batch")}
    known = {"format": "onnx", "bytes": 4_400_000, "answer": 0.3, "peak_bytes": 1e8} | times | quiet
    table = pd.DataFrame([
        known | {"recipe": TEACHER, "short_p50": 0.016},
        known | {"recipe": REFERENCE, "short_p50": 0.008},
        known | {"recipe": "small", "long_noisy": True},
    ])  # fmt: skip
    text = page(table, machine(1) | {"run": "movies/0", "batch": 32})
    lines = [line for line in text.splitlines() if line.startswith("| small")]
    assert lines == ["| small | onnx | 4.4 | 4.00 | 4.00 | 4.00 | 4.00 | 4.0 | 2.0 | 8000 | 0.30 | 100.0 | long |"]
    assert text.splitlines()[6].startswith("| recipe") and "1 thread(s)" in text


def test_pairs_are_refused():
    with pytest.raises(ValueError, match="models of single texts are timed"):
        measure({}, [("a", "b")], RUNTIME, rounds=1, batch=1)
