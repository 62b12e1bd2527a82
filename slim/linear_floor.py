"""The floor under every transformer: a linear model on word counts."""

from collections.abc import Sequence

import numpy as np

from slim.texts import Split, Text


def linear_floor(
    training: Split,
    splits: Sequence[Split],
    *,
    max_ngram: int,
    min_documents: int,
    c: float,
    max_rows: int | None = None,
) -> list[np.ndarray]:
    """One [texts, classes] a split: log-probabilities of TF-IDF with logistic regression, fitted on training.

    Word n-grams up to `max_ngram` in at least `min_documents` texts, sublinear counts; `c` is the inverse strength
    of the L2 regularisation. A pair of texts counts as one. With `max_rows`, so many rows of training, drawn with a
    fixed seed, are all it learns from. Raises ValueError when a class has no text in training.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    training = _drawn(training, max_rows)
    classes = max(int(split.labels.max()) for split in (training, *splits)) + 1
    if missing := set(range(classes)) - set(training.labels.tolist()):
        raise ValueError(f"class {min(missing)} has no text in train")
    words = TfidfVectorizer(ngram_range=(1, max_ngram), min_df=min_documents, sublinear_tf=True)
    model = make_pipeline(words, LogisticRegression(C=c, max_iter=1000)).fit(_joined(training.texts), training.labels)
    return [model.predict_log_proba(_joined(split.texts)) for split in splits]


def _drawn(split: Split, rows: int | None) -> Split:
    """At most `rows` of a split's rows, in their order."""
    if rows is None or rows >= len(split.texts):
        return split
    chosen = np.sort(np.random.default_rng(0).permutation(len(split.texts))[:rows])
    return Split([split.texts[i] for i in chosen], split.labels[chosen])


def _joined(texts: Sequence[Text]) -> list[str]:
    return [text if isinstance(text, str) else " ".join(text) for text in texts]
