"""The floor under every transformer: a linear model on word counts."""

from collections.abc import Sequence

import numpy as np

from slim.texts import Split


def linear_floor(
    training: Split, splits: Sequence[Split], *, max_ngram: int, min_documents: int, c: float
) -> list[np.ndarray]:
    """One [texts, classes] a split: log-probabilities of TF-IDF with logistic regression, fitted on training.

    Word n-grams up to `max_ngram` in at least `min_documents` texts, sublinear counts; `c` is the inverse strength
    of the L2 regularisation. Raises ValueError when a class has no text in training.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    classes = max(int(split.labels.max()) for split in (training, *splits)) + 1
    if missing := set(range(classes)) - set(training.labels.tolist()):
        raise ValueError(f"class {min(missing)} has no text in train")
    words = TfidfVectorizer(ngram_range=(1, max_ngram), min_df=min_documents, sublinear_tf=True)
    model = make_pipeline(words, LogisticRegression(C=c, max_iter=1000)).fit(training.texts, training.labels)
    return [model.predict_log_proba(split.texts) for split in splits]
