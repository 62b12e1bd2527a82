"""The floor under every transformer: a linear model on word counts, or on pixels."""

from collections.abc import Sequence

import numpy as np

from slim.modeling.splits import Input, Split
from slim.utils.image_files import decode_image

SIDE = 32
"""Pixels a side, at most, of what the floor sees of an image."""


def tfidf_linear(
    training: Split,
    splits: Sequence[Split],
    *,
    max_ngram: int,
    min_documents: int,
    c: float,
    max_rows: int | None = None,
) -> list[np.ndarray]:
    """One [inputs, classes] a split: log-probabilities of logistic regression, fitted on training.

    Of texts it sees TF-IDF: word n-grams up to `max_ngram` in at least `min_documents` texts, sublinear counts; a pair
    of texts counts as one. Of images it sees pixels. `c` is the inverse strength of the L2 regularisation. With
    `max_rows`, so many rows of training, drawn with a fixed seed, are all it learns from. Raises ValueError when a
    class has no row in training.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    training = _drawn(training, max_rows)
    classes = max(int(split.labels.max()) for split in (training, *splits)) + 1
    if missing := set(range(classes)) - set(training.labels.tolist()):
        raise ValueError(f"class {min(missing)} has no row in train")
    if isinstance(first := training.inputs[0], bytes):
        features = FunctionTransformer(_pixels, kw_args={"side": min(SIDE, *decode_image(first).size)})
    else:
        words = TfidfVectorizer(ngram_range=(1, max_ngram), min_df=min_documents, sublinear_tf=True)
        features = make_pipeline(FunctionTransformer(_joined), words)
    model = make_pipeline(features, LogisticRegression(C=c, max_iter=1000)).fit(training.inputs, training.labels)
    return [model.predict_log_proba(split.inputs) for split in splits]


def _drawn(split: Split, rows: int | None) -> Split:
    """At most `rows` of a split's rows, in their order."""
    if rows is None or rows >= len(split.inputs):
        return split
    chosen = np.sort(np.random.default_rng(0).permutation(len(split.inputs))[:rows])
    return Split([split.inputs[i] for i in chosen], split.labels[chosen])


def _joined(texts: Sequence[Input]) -> list[str]:
    return [" ".join(text) if isinstance(text, tuple) else str(text) for text in texts]


def _pixels(images: Sequence[bytes], side: int) -> np.ndarray:
    """[images, 3 * side * side]: red, green and blue between 0 and 1, of images shrunk to one size."""
    return np.stack([np.asarray(decode_image(image).resize((side, side))).ravel() / 255 for image in images])
