"""What is said of a model, and the floor under it."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from slim.evaluation.baselines.tfidf_linear import tfidf_linear
from slim.evaluation.evaluate import Evaluator, compared
from slim.modeling.splits import Split
from tests import pico

TEST, VALIDATION = Split(pico.texts(40, 1), pico.labels(40)), Split(pico.texts(30, 2), pico.labels(30, seed=2))
EVALUATOR = Evaluator(TEST, VALIDATION, resamples=300, level=0.95, bins=10)


def saved(folder, seed=0, layers=3):
    model = pico.classifier(seed=seed, layers=layers)
    model.save(folder, VALIDATION.inputs, recipe={"strategy": "greedy", "kept": list(range(layers))})
    return model


def test_a_saved_model_is_measured_as_it_was_saved(tmp_path):
    model = saved(tmp_path / "model")
    record = EVALUATOR.saved(model, tmp_path / "model").record
    assert record["accuracy"] == (model.logits(TEST.inputs).argmax(-1) == TEST.labels).mean()
    assert record["accuracy_low"] <= record["accuracy"] <= record["accuracy_high"]
    assert record["reload_difference"] == 0 and record["kept"] == "0-1-2" and record["n"] == 40
    assert record["precision"] == "fp32"
    assert record["max_tokens"] == 16 and record["cut"] == 0


def test_the_share_of_texts_that_are_cut_is_told():
    words = [" ".join(["word1"] * count) for count in (13, 14, 15, 40)]  # and two special tokens each
    assert pico.classifier().truncated_fraction(words) == 0.5
    pairs = [("word1 " * 7, "word2 " * 6), ("word1 " * 7, "word2 " * 7)]  # and three
    assert pico.classifier().truncated_fraction(pairs) == 0.5


def test_a_model_that_is_not_what_was_saved_is_refused(tmp_path):
    saved(tmp_path / "model")
    with pytest.raises(ValueError, match="reloads with logits off by"):
        EVALUATOR.saved(pico.classifier(seed=1), tmp_path / "model")


def test_every_model_stands_beside_its_teacher_and_a_distilled_one_beside_its_control(tmp_path):
    folders = {"pruned": 2, "hard_labels": 3, "distilled": 4}
    models = {
        name: EVALUATOR.saved(saved(tmp_path / name, seed, layers=2), tmp_path / name)
        for name, seed in folders.items()
    }
    teacher = EVALUATOR.saved(saved(tmp_path / "teacher"), tmp_path / "teacher")
    floor = EVALUATOR.judge(np.zeros((40, 3)), np.zeros((30, 3)))
    rows = compared(EVALUATOR, floor, teacher, {"one": models})
    assert set(rows) == {"tfidf_linear", "teacher", "pruned_one", "hard_labels_one", "distilled_one"}
    assert "difference" not in rows["teacher"] and "bytes" not in rows["tfidf_linear"]
    for name in ("pruned_one", "hard_labels_one", "distilled_one"):
        assert rows[name]["difference"] == pytest.approx(rows[name]["accuracy"] - rows["teacher"]["accuracy"])
        assert rows[name]["ratio_parameters"] > 0 and rows[name]["student"] == "one"
        assert ("over_control" in rows[name]) == (name == "distilled_one")
    control = rows["distilled_one"]["accuracy"] - rows["hard_labels_one"]["accuracy"]
    assert rows["distilled_one"]["over_control"] == pytest.approx(control)


def test_the_linear_floor_is_tfidf_with_logistic_regression():
    training = Split(pico.texts(90, 3), pico.labels(90, seed=3))
    (found,) = tfidf_linear(training, [TEST], max_ngram=2, min_documents=2, c=10.0)
    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    model = LogisticRegression(C=10.0, max_iter=1000).fit(words.fit_transform(training.inputs), training.labels)
    np.testing.assert_allclose(found, model.predict_log_proba(words.transform(TEST.inputs)))


def test_a_class_without_training_texts_is_refused():
    with pytest.raises(ValueError, match="class 2 has no row in train"):
        tfidf_linear(Split(["a", "b"], np.array([0, 1])), [TEST], max_ngram=1, min_documents=1, c=1.0)
