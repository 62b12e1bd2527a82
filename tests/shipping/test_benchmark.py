"""Times of a run's models: all in turn, the teacher in ONNX Runtime beside them, and the page that says so."""

import shutil

import pandas as pd
import pytest
import torch

from slim.evaluation.baselines.tfidf_linear import tfidf_linear
from slim.evaluation.training_data import TrainingData
from slim.shipping import benchmark
from slim.shipping.benchmark import COMPILED, REFERENCE, TEACHER, measure, page, with_times
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
    monkeypatch.setattr(torch, "compile", lambda model, **_: model)  # which takes a minute
    train = pico.learnable(40, 0)
    words = tfidf_linear(TrainingData(train, train, 2, tmp_path, seed=0, threads=1), min_df=1)
    return measure(folders, pico.texts(12), RUNTIME, rounds=3, batch=4, baselines={"words": words})


def test_every_model_the_teacher_in_other_forms_and_every_baseline_has_its_times(table):
    rows = table.set_index("recipe")
    assert set(rows.index) == {TEACHER, "small", REFERENCE, "words", COMPILED}
    assert list(rows.loc[[REFERENCE, COMPILED, "words"], "format"]) == ["onnx", "transformers", "tfidf_linear"]
    for case in ("short", "long", "batch"):
        assert ((rows[f"{case}_min"] <= rows[f"{case}_p50"]) & (rows[f"{case}_p50"] <= rows[f"{case}_p90"])).all()
    assert (rows["bytes"] > 0).all() and (rows.loc[[TEACHER, "small", REFERENCE], "answer"] == 0.2).all()
    assert rows.loc[["words", COMPILED], "answer"].isna().all()


def test_without_a_compiler_the_compiled_teacher_is_left_out(monkeypatch, capsys):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert benchmark._compiled(None) == {} and "compiler" in capsys.readouterr().out


def test_times_join_accuracies_of_one_dataset_and_the_reference_has_the_teachers(table):
    known = {"stage": "distill", "accuracy": 0.8, "bytes": 1e6}
    recipes = pd.DataFrame([
        known | {"dataset": dataset, "recipe": name, "accuracy": accuracy}
        for dataset in ("movies", "others") for name, accuracy in ((TEACHER, 0.9), ("small", 0.8), ("words", 0.7))
    ])  # fmt: skip
    rows = with_times(recipes, table, "movies").set_index("recipe")
    assert rows["accuracy"].to_dict() == {TEACHER: 0.9, "small": 0.8, "words": 0.7, REFERENCE: 0.9}
    assert (rows["short_p50"] > 0).all() and set(rows["dataset"]) == {"movies"}


def test_the_page_names_both_references_and_marks_noise():
    times = {f"{case}_{key}": 0.004 for case in ("short", "long", "batch") for key in ("p50", "p90", "min")}
    quiet = {f"{case}_noisy": False for case in ("short", "long", "batch")}
    known = {"format": "onnx", "bytes": 4_400_000, "answer": 0.3, "peak_bytes": 1e8} | times | quiet
    table = pd.DataFrame([
        known | {"recipe": TEACHER, "short_p50": 0.016},
        known | {"recipe": REFERENCE, "short_p50": 0.008},
        known | {"recipe": "small", "long_noisy": True},
        known | {"recipe": "words", "answer": None, "peak_bytes": None},
    ])  # fmt: skip
    text = page(table, machine(1) | {"run": "movies/0", "batch": 32})
    lines = [line for line in text.splitlines() if line.startswith("| small")]
    assert "| words | onnx | 4.4 | 4.00 | 4.00 | 4.00 | 4.00 | 4.0 | 2.0 | 8000 |  |  |  |" in text
    assert lines == ["| small | onnx | 4.4 | 4.00 | 4.00 | 4.00 | 4.00 | 4.0 | 2.0 | 8000 | 0.30 | 100.0 | long |"]
    assert text.splitlines()[6].startswith("| recipe") and "1 thread(s)" in text


def test_pairs_are_refused():
    with pytest.raises(ValueError, match="models of single texts are timed"):
        measure({}, [("a", "b")], RUNTIME, rounds=1, batch=1)
