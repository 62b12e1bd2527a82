"""A linear model on word counts, or on pixels: what every transformer has to beat."""

from collections.abc import Sequence
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

    Texts are TF-IDF vectors of whole texts: word n-grams up to `max_ngram` in at least `min_df` texts, sublinear
    counts; a pair of texts is joined. Images are pixels. `C`: inverse strength of the L2 penalty. With `max_rows`,
    that many rows of train, drawn with a fixed seed, are used. Raises ValueError when a class has no row in train.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer
    from sklearn.svm import LinearSVC

    inputs, labels = _sample(train, max_rows)
    classes = max(int(split.labels.max()) for split in (train, *splits)) + 1
    if missing := set(range(classes)) - set(labels.tolist()):
        raise ValueError(f"class {min(missing)} has no row in train")
    if isinstance(first := inputs[0], bytes):
        features = FunctionTransformer(_pixels, kw_args={"side": min(SIDE, *decode_image(first).size)})
    else:
        words = TfidfVectorizer(ngram_range=(1, max_ngram), min_df=min_df, sublinear_tf=True)
        features = make_pipeline(FunctionTransformer(_joined), words)
    linear = LogisticRegression(C=C, max_iter=1000) if classifier == "logistic_regression" else LinearSVC(C=C)
    model = make_pipeline(features, linear).fit(inputs, labels)
    return [_scores(model, split.inputs) for split in splits]


def _scores(model: Any, inputs: "Sequence[Input]") -> np.ndarray:
    """[inputs, classes]: log-probabilities where the model has them, else margins."""
    if hasattr(model, "predict_log_proba"):
        return np.asarray(model.predict_log_proba(inputs))
    margins = np.asarray(model.decision_function(inputs))
    return margins if margins.ndim == 2 else np.stack([-margins, margins], axis=1) / 2


def _sample(split: "Split", rows: int | None) -> "tuple[list[Input], np.ndarray]":
    """At most `rows` of a split's rows, in their order."""
    if rows is None or rows >= len(split.inputs):
        return list(split.inputs), split.labels
    chosen = np.sort(np.random.default_rng(0).permutation(len(split.inputs))[:rows])
    return [split.inputs[i] for i in chosen], split.labels[chosen]


def _joined(texts: "Sequence[Input]") -> list[str]:
    return [" ".join(text) if isinstance(text, tuple) else str(text) for text in texts]


def _pixels(images: Sequence[bytes], side: int) -> np.ndarray:
    """[images, 3 * side * side]: red, green and blue between 0 and 1, of images shrunk to one size."""
    return np.stack([np.asarray(decode_image(image).resize((side, side))).ravel() / 255 for image in images])
