"""Linear baselines read words, or characters where texts share no words, so that none fails after the training."""

import numpy as np
import pytest

from slim.evaluation.baselines.tfidf_linear import tfidf_linear
from slim.modeling.splits import Split

LABELS = np.arange(40) % 2


def split(text, start: int = 0) -> Split:
    """Forty texts, each made of its number and its class."""
    return Split([text(start + i, LABELS[i]) for i in range(40)], LABELS)


@pytest.mark.parametrize("classifier", ["logistic_regression", "linear_svm"])
@pytest.mark.parametrize(
    "text",
    [
        lambda i, label: f"{'很好' if label else '不好'}的灯{chr(0x4E00 + i)}",
        lambda i, label: f"AX{i:05d}{'pn'[label]}",
        lambda i, label: "ox"[label] * (i + 3),
        lambda i, label: "!?"[label] * (i + 1),
    ],
    ids=["chinese", "part numbers", "one word each", "no letters"],
)
def test_texts_without_words_in_common_are_read_by_their_characters(text, classifier, capsys):
    scores = tfidf_linear(split(text), [split(text, 40)], classifier=classifier)[0]
    assert (scores.argmax(-1) == LABELS).all()
    assert "the linear baseline reads characters" in capsys.readouterr().out


def test_one_text_a_class_is_enough():
    two = Split(["a", "b"], np.arange(2))
    assert (tfidf_linear(two, [two])[0].argmax(-1) == two.labels).all()


def test_a_sample_of_train_has_a_row_of_every_class():
    rare = Split(["one of a kind", *(f"text {i}" for i in range(300))], np.array([1] + [0] * 300))
    assert tfidf_linear(rare, [rare], max_rows=5)[0].shape == (301, 2)
