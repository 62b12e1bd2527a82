"""A linear model on word counts, or on pixels: what every transformer has to beat."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from slim.utils.image_files import decode_image
from slim.utils.option_types import Count, Positive

if TYPE_CHECKING:
    from slim.modeling.splits import Input, Split

SIDE = 32
"""Images are shrunk to at most so many pixels a side."""


def tfidf_linear(
    train: "Split",
    splits: "Sequence[Split]",
    *,
    classifier: Literal["logistic_regression", "linear_svm"] = "logistic_regression",
    max_ngram: Count = 2,
    min_df: Count = 2,
    C: Positive = 10.0,
    max_rows: Count | None = None,
) -> list[np.ndarray]:
    """One [inputs, classes] a split: log-probabilities, or margins of an SVM, of a linear model fitted on train.

    Texts are TF-IDF vectors of whole texts: n-grams up to `max_ngram` in at least `min_df` texts, sublinear counts; of
    words or, where most texts have none that recurs (Chinese, part numbers), of characters. A pair of texts is joined.
    Images are pixels. `C`: inverse strength of the L2 penalty. With `max_rows`, that many rows of train, drawn with a
    fixed seed, are used. Raises ValueError when a class has no row in train.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import LinearSVC

    inputs, labels = _sample(train, max_rows)
    classes = max(int(split.labels.max()) for split in (train, *splits)) + 1
    if missing := set(range(classes)) - set(labels.tolist()):
        raise ValueError(f"class {min(missing)} has no row in train")
    images = isinstance(inputs[0], bytes)
    vectors, of_train = _pixel_vectors(inputs) if images else _word_vectors(inputs, max_ngram, min_df)
    linear = LogisticRegression(C=C, max_iter=1000) if classifier == "logistic_regression" else LinearSVC(C=C)
    model = linear.fit(of_train, labels)
    return [_scores(model, vectors(split.inputs)) for split in splits]


def _pixel_vectors(images: Any) -> tuple[Callable[..., Any], Any]:
    """(what makes vectors of images, those of the given ones)."""
    pixels = partial(_pixels, side=min(SIDE, *decode_image(images[0]).size))
    return pixels, pixels(images)


def _word_vectors(inputs: "Sequence[Input]", max_ngram: int, min_df: int) -> tuple[Callable[..., Any], Any]:
    """Likewise of texts: of their words or, where words do not recur, of their characters."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts = _joined(inputs)
    for analyzer, least in (("word", min_df), ("char", min_df), ("char", 1)):
        model = TfidfVectorizer(analyzer=analyzer, ngram_range=(1, max_ngram), min_df=least, sublinear_tf=True)
        with suppress(ValueError):  # no term at all
            vectors = model.fit_transform(texts)
            if (np.diff(vectors.indptr) > 0).mean() > 0.5:
                return partial(_transformed, model), vectors
        print("the texts of train have few words in common: the linear baseline reads characters", flush=True)
    raise ValueError("the texts of train have no character in common")


def _transformed(model: Any, inputs: "Sequence[Input]") -> Any:
    return model.transform(_joined(inputs))


def _scores(model: Any, vectors: Any) -> np.ndarray:
    """[vectors, classes]: log-probabilities where the model has them, else margins."""
    if hasattr(model, "predict_log_proba"):
        return np.asarray(model.predict_log_proba(vectors))
    margins = np.asarray(model.decision_function(vectors))
    return margins if margins.ndim == 2 else np.stack([-margins, margins], axis=1) / 2


def _sample(split: "Split", rows: int | None) -> "tuple[list[Input], np.ndarray]":
    """At most `rows` of a split's rows, one of every class among them, in their order."""
    if rows is None or rows >= len(split.inputs):
        return list(split.inputs), split.labels
    order = np.random.default_rng(0).permutation(len(split.inputs))
    first = np.zeros(len(order), dtype=bool)
    first[np.unique(split.labels[order], return_index=True)[1]] = True
    chosen = np.sort(np.concatenate([order[first], order[~first]])[:rows])
    return [split.inputs[i] for i in chosen], split.labels[chosen]


def _joined(texts: "Sequence[Input]") -> list[str]:
    return [" ".join(text) if isinstance(text, tuple) else str(text) for text in texts]


def _pixels(images: Sequence[bytes], side: int) -> np.ndarray:
    """[images, 3 * side * side]: red, green and blue between 0 and 1, of images shrunk to one size."""
    return np.stack([np.asarray(decode_image(image).resize((side, side))).ravel() / 255 for image in images])
