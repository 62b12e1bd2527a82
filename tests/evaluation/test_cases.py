"""Texts that users brought have a linear baseline, though they share no words; skipped where they are absent."""

import numpy as np
import pytest

from slim.evaluation.baselines.tfidf_linear import tfidf_linear
from slim.modeling.splits import Split
from tests.imports import ROOT
from tests.pico import training_data

CASES = ROOT.parent / "shared/cases"


def split(name: str, which: str) -> Split:
    if not (path := CASES / name / f"{which}.csv").is_file():
        pytest.skip(f"{path} is not there")
    rows = [line.rsplit(",", 1) for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    return Split([text for text, _ in rows], np.array([label == "pos" for _, label in rows], np.int64))


@pytest.mark.parametrize("name", ["chinese", "ids"])
def test_texts_without_words_have_a_linear_baseline(name: str) -> None:
    test = split(name, "test")
    scores = tfidf_linear(training_data(split(name, "train"))).logits(test.inputs)
    assert scores.shape == (len(test.labels), 2) and np.isfinite(scores).all()
    assert name == "ids" or (scores.argmax(-1) == test.labels).all()
