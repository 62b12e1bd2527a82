"""What is measured of a model, and the baselines beside it."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from slim.evaluation.baselines.tfidf_linear import tfidf_linear
from slim.evaluation.evaluate import Evaluator, with_ratios
from slim.modeling.splits import Split
from slim.utils.image_files import encode_png
from tests import pico

TEST, VALIDATION = Split(pico.texts(40, 1), pico.labels(40)), Split(pico.texts(30, 2), pico.labels(30, seed=2))
EVALUATOR = Evaluator(TEST, VALIDATION, resamples=300, level=0.95, calibration_bins=10)
RUNTIME = {"seed": 0, "threads": 1, "precision": "fp32", "batch_size": 8}
STEPS = [
    {"stage": "finetune", "recipe": "teacher", "method": "finetune", "options": {}},
    {
        "stage": "prune",
        "recipe": "half",
        "method": "drop_layers",
        "options": {"order": "greedy", "keep": 0.5},
        "kept": [0, 2],
    },
]


def test_a_saved_model_is_measured_as_it_was_saved(tmp_path):
    model = pico.classifier(layers=2)
    model.save(tmp_path / "model", VALIDATION.inputs, steps=STEPS)
    measured = EVALUATOR.measure_folder(tmp_path / "model", RUNTIME)
    record, right = measured.record, model.logits(TEST.inputs).argmax(-1) == TEST.labels
    assert record["accuracy"] == right.mean() == (measured.predictions == TEST.labels).mean()
    assert record["accuracy_low"] <= record["accuracy"] <= record["accuracy_high"]
    assert record["reload_difference"] == 0 and record["n"] == 40 and record["layers"] == 2
    assert record["order"] == "greedy" and record["kept"] == "0-2"
    assert record["precision"] == "fp32" and record["max_tokens"] == 16 and record["truncated"] == 0
    beside = ("manifest.json", "reference_logits.npy")
    files = [file for file in (tmp_path / "model").iterdir() if file.name not in beside]
    assert record["bytes"] == sum(file.stat().st_size for file in files)


def test_a_model_that_is_not_what_was_saved_is_refused(tmp_path):
    pico.classifier(seed=0).save(tmp_path / "model", VALIDATION.inputs)
    pico.classifier(seed=1).save(tmp_path / "other", VALIDATION.inputs)
    (tmp_path / "other/model.safetensors").replace(tmp_path / "model/model.safetensors")
    with pytest.raises(ValueError, match="reloads with logits off by"):
        EVALUATOR.measure_folder(tmp_path / "model", RUNTIME)


def test_ratios_stand_beside_models_that_have_a_size():
    size = {"parameters": 10, "encoder_parameters": 8, "encoder_bytes": 32, "layers": 2}
    records = {
        "teacher": {"accuracy": 0.8, "bytes": 40, **size},
        "half": {"accuracy": 0.6, "bytes": 20, **size},
        "tfidf": {"accuracy": 0.7},
    }
    result = with_ratios(records)
    assert result["teacher"]["ratio"] == 1 and result["half"]["ratio"] == pytest.approx(1.5)
    assert "ratio" not in result["tfidf"]


@pytest.mark.parametrize(
    ("classifier", "reference"), [("logistic_regression", LogisticRegression(C=10.0, max_iter=1000)),
                                  ("linear_svm", LinearSVC(C=10.0))])  # fmt: skip
def test_the_linear_baseline_is_scikit_learns(classifier, reference):
    train = Split(pico.texts(90, 3), pico.labels(90, seed=3))
    (scores,) = tfidf_linear(train, [TEST], classifier=classifier, max_ngram=2, min_df=2, C=10.0)
    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    model = reference.fit(words.fit_transform(train.inputs), train.labels)
    np.testing.assert_array_equal(scores.argmax(1), model.predict(words.transform(TEST.inputs)))


def test_margins_of_two_classes_are_two_columns_and_have_no_likelihood():
    train = Split(pico.texts(90, 3), pico.labels(90, classes=2, seed=3))
    test = Split(pico.texts(20, 4), pico.labels(20, classes=2))
    scores = tfidf_linear(train, [test, test], classifier="linear_svm")
    assert scores[0].shape == (20, 2)
    record = Evaluator(test, test, 200, 0.95, 10).measure(*scores, probabilities=False).record
    assert "nll" not in record and "calibration_error" not in record and "accuracy" in record


def test_a_class_without_training_texts_is_refused():
    with pytest.raises(ValueError, match="class 2 has no row in train"):
        tfidf_linear(Split(["a", "b"], np.array([0, 1])), [TEST], max_ngram=1, min_df=1, C=1.0)


def test_the_linear_baseline_of_images_is_logistic_regression_on_pixels():
    dark = np.random.default_rng(0).integers(0, 160, (60, 8, 8), np.uint8)
    labels = np.arange(60) % 2
    images = [encode_png(each + np.uint8(60 * label)) for each, label in zip(dark, labels, strict=True)]
    train, test = Split(images[:40], labels[:40]), Split(images[40:], labels[40:])
    (scores,) = tfidf_linear(train, [test], C=10.0)
    pixels = np.repeat((dark + (60 * labels[:, None, None]).astype(np.uint8)).reshape(60, 64), 3, axis=1) / 255
    model = LogisticRegression(C=10.0, max_iter=1000).fit(pixels[:40], labels[:40])
    np.testing.assert_allclose(scores, model.predict_log_proba(pixels[40:]), atol=1e-3)
    assert (scores.argmax(-1) == test.labels).mean() > 0.7


def test_a_saved_model_of_images_is_measured_like_one_of_texts_and_truncates_none(tmp_path):
    test = Split(pico.images(20), pico.labels(20))
    pico.classifier("vit").save(tmp_path / "model", test.inputs)
    record = Evaluator(test, test, 200, 0.95, 10).measure_folder(tmp_path / "model", RUNTIME).record
    assert record["truncated"] == 0 and record["reload_difference"] < 1e-6 and record["layers"] == 3
