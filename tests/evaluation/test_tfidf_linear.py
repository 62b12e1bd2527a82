"""The linear baseline is scikit-learn's, and reads characters where texts share no words, so that none fails."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from slim.evaluation.baselines.tfidf_linear import TfidfLinear, tfidf_linear
from slim.modeling.splits import Split
from slim.utils.image_files import encode_png
from tests import pico

LABELS = np.arange(40) % 2


def fit(train: Split, **options) -> TfidfLinear:
    return tfidf_linear(pico.training_data(train), **options)


def split(text, start: int = 0) -> Split:
    """Forty texts, each made of its number and its class."""
    return Split([text(start + i, LABELS[i]) for i in range(40)], LABELS)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("classifier", ["logistic_regression", "linear_svm"])
def test_it_is_scikit_learns(classifier, classes):
    train, test = Split(pico.texts(90, 3), pico.labels(90, classes, seed=3)), pico.texts(40, 1)
    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    vectors = words.fit_transform(train.inputs)
    logits = fit(train, classifier=classifier, max_ngram=2, min_df=2, C=10.0, bits=32).logits(test)
    if classifier == "logistic_regression":
        known = LogisticRegression(C=10.0, max_iter=1000).fit(vectors, train.labels)
        expected = known.predict_log_proba(words.transform(test))
    else:
        margins = LinearSVC(C=10.0, random_state=0).fit(vectors, train.labels).decision_function(words.transform(test))
        expected = margins if classes > 2 else np.stack([-margins, margins], axis=1) / 2
    np.testing.assert_allclose(logits, expected, atol=1e-5)


def test_of_images_it_is_logistic_regression_on_pixels():
    dark = np.random.default_rng(0).integers(0, 160, (60, 8, 8), np.uint8)
    labels = np.arange(60) % 2
    images = [encode_png(each + np.uint8(60 * label)) for each, label in zip(dark, labels, strict=True)]
    logits = fit(Split(images[:40], labels[:40]), C=10.0, bits=32).logits(images[40:])
    pixels = np.repeat((dark + (60 * labels[:, None, None]).astype(np.uint8)).reshape(60, 64), 3, axis=1) / 255
    model = LogisticRegression(C=10.0, max_iter=1000).fit(pixels[:40], labels[:40])
    np.testing.assert_allclose(logits, model.predict_log_proba(pixels[40:]), atol=1e-3)
    assert (logits.argmax(-1) == labels[40:]).mean() > 0.7


@pytest.mark.parametrize("classes", [2, 3])
def test_eight_bits_are_the_nearest_of_255_weights_a_row(classes):
    train = Split(pico.texts(90, 3), pico.labels(90, classes, seed=3))
    exact, rounded = (fit(train, bits=bits).arrays for bits in (32, 8))
    assert rounded["weights"].dtype == np.int8
    assert np.abs(rounded["weights"]).max(axis=1).tolist() == [127] * len(rounded["weights"])
    off = np.abs(rounded["weights"] * rounded["scales"][:, None] - exact["weights"])
    assert (off <= rounded["scales"][:, None] * 0.5001).all()


def test_with_fewer_terms_it_is_fitted_again_on_those_of_the_largest_weights():
    train = pico.learnable(90, 3)
    known = "word0 word1"
    marked = Split([f"{text} {'sure' if label else 'never'}" for text, label in
                    zip(train.inputs, train.labels, strict=True)], train.labels)  # fmt: skip
    small = fit(marked, max_terms=2, max_ngram=1)
    assert small.arrays["terms"].tobytes() == b'["never","sure"]'
    assert small.logits([f"{known} never", f"{known} sure"]).argmax(-1).tolist() == [0, 1]
    assert fit(marked, max_terms=10**6).parameters == fit(marked).parameters


@pytest.mark.parametrize("classifier", ["logistic_regression", "linear_svm"])
@pytest.mark.parametrize(
    "text",
    [
        lambda i, label: f"{'很好' if label else '不好'}的灯{chr(0x4E00 + i)}",
        lambda i, label: f"AX{i:05d}{'pn'[label]}",
        lambda i, label: "ox"[label] * (i + 3),
        lambda i, label: "!?\n"[label] * (i + 1),
    ],
    ids=["chinese", "part numbers", "one word each", "no letters"],
)
def test_texts_without_words_in_common_are_read_by_their_characters(text, classifier, capsys, tmp_path):
    model = fit(split(text), classifier=classifier)
    assert (model.logits(split(text, 40).inputs).argmax(-1) == LABELS).all()
    assert "the linear baseline reads characters" in capsys.readouterr().out
    model.save(tmp_path / "model")
    again = TfidfLinear.load(tmp_path / "model")
    np.testing.assert_array_equal(again.logits(split(text, 40).inputs), model.logits(split(text, 40).inputs))


def test_one_text_a_class_is_enough():
    two = Split(["a", "b"], np.arange(2))
    assert (fit(two).logits(two.inputs).argmax(-1) == two.labels).all()


def test_a_sample_of_train_has_a_row_of_every_class():
    rare = Split(["one of a kind", *(f"text {i}" for i in range(300))], np.array([1] + [0] * 300))
    assert fit(rare, max_rows=5).logits(rare.inputs).shape == (301, 2)
