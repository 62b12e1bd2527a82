"""fastText learns in the order of its file and reads labels in it; neither must show."""

import numpy as np

from slim.evaluation.baselines.fasttext import fasttext
from slim.modeling.splits import Split
from tests import pico

QUICK = {"dimensions": 8, "buckets": 1000}


def test_rows_that_are_sorted_by_class_are_learned():
    train, test = pico.learnable(300, 1), pico.learnable(60, 2)
    order = np.argsort(train.labels, kind="stable")
    model = fasttext(pico.training_data(Split([train.inputs[i] for i in order], train.labels[order])), **QUICK)
    assert (model.logits(test.inputs).argmax(-1) == test.labels).mean() > 0.9


def test_a_text_that_looks_like_a_label_is_a_text():
    train = pico.learnable(300, 1)
    named = Split([f"CLASS_{7 - label} __label__9 {text}" for text, label in
                   zip(train.inputs, train.labels, strict=True)], train.labels)  # fmt: skip
    logits = fasttext(pico.training_data(named), **QUICK).logits(named.inputs[:5])
    assert logits.shape == (5, 2)
    np.testing.assert_allclose(np.exp(logits).sum(axis=1), 1)
