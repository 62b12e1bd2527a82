"""A linear model on word counts, or on pixels: what every transformer has to beat."""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from slim.evaluation.training_data import TrainingData, whole_texts
from slim.modeling.manifest import read_manifest, write_manifest
from slim.utils.image_files import decode_image
from slim.utils.io import read_arrays, read_json, write_arrays, write_json, written_aside
from slim.utils.option_types import Count, Positive

if TYPE_CHECKING:
    from slim.modeling.splits import Input, Split

FORMAT = "tfidf_linear"
SIDE = 32
"""Images are shrunk to at most so many pixels a side."""


@dataclass(frozen=True)
class TfidfLinear:
    """A linear model and what makes vectors of inputs."""

    config: dict[str, Any]
    """`probabilities`: whether scores become log-probabilities. Of texts `analyzer`, `max_ngram` and `texts`, their
    number in train; of images their `side`."""
    arrays: dict[str, np.ndarray]
    """`weights` [rows, features], float32 or int8, with `scales` and `intercepts` [rows]: a row a class, or one where
    there are two. Of texts also `terms`, sorted, as UTF-8 bytes of JSON, and in how many texts each is, `counts`."""

    @property
    def parameters(self) -> int:
        """Weights, intercepts and inverse document frequencies."""
        return sum(self.arrays[name].size for name in ("weights", "intercepts", "counts") if name in self.arrays)

    def logits(self, inputs: "Sequence[Input]") -> np.ndarray:
        """[inputs, classes]: log-probabilities, or margins of an SVM."""
        from scipy.special import log_softmax

        arrays = self.arrays
        vectors = _pixels(inputs, self.config["side"]) if "side" in self.config else self._word_vectors(inputs)
        scores = np.asarray(vectors @ arrays["weights"].T.astype(np.float64)) * arrays["scales"] + arrays["intercepts"]
        scores = np.hstack([-scores, scores]) / 2 if scores.shape[1] == 1 else scores
        return np.asarray(log_softmax(scores, axis=1)) if self.config["probabilities"] else scores

    def _word_vectors(self, texts: "Sequence[Input]") -> Any:
        return self._words.transform(whole_texts(texts, FORMAT))

    @cached_property
    def _words(self) -> Any:
        """What makes vectors of texts; building it takes longer than a short text does."""
        terms = json.loads(self.arrays["terms"].tobytes())
        vectorizer = _vectorizer(self.config["analyzer"], self.config["max_ngram"], vocabulary=terms)
        vectorizer.idf_ = np.log((1 + self.config["texts"]) / (1 + self.arrays["counts"])) + 1
        return vectorizer

    def save(self, folder: str | Path) -> None:
        with written_aside(folder) as aside:
            aside.mkdir()
            write_json(self.config, aside / "config.json")
            write_arrays(self.arrays, aside / "model.npz", compressed=True)
            write_manifest(aside, FORMAT)

    @classmethod
    def load(cls, folder: str | Path) -> "TfidfLinear":
        """What `save` wrote. Raises ValueError when a file is missing or damaged."""
        read_manifest(folder)
        return cls(read_json(Path(folder) / "config.json"), read_arrays(Path(folder) / "model.npz"))


def tfidf_linear(
    data: TrainingData,
    *,
    classifier: Literal["logistic_regression", "linear_svm"] = "logistic_regression",
    max_ngram: Count = 2,
    min_df: Count = 2,
    C: Positive = 10.0,
    max_rows: Count | None = None,
    max_terms: Count | None = None,
    bits: Literal[8, 32] = 8,
) -> TfidfLinear:
    """A linear model fitted on train.

    Texts are TF-IDF vectors of whole texts: n-grams up to `max_ngram` in at least `min_df` texts, sublinear counts; of
    words or, where most texts have none that recurs (Chinese, part numbers), of characters. A pair of texts is joined.
    Images are pixels. `C`: inverse strength of the L2 penalty. With `max_rows`, that many rows of train, drawn with a
    fixed seed, are used; with `max_terms`, the model is fitted again on so many n-grams, those of the largest weights.
    Weights are rounded to `bits`, to the nearest with one scale a class.
    """
    train, fit = _sample(data.train, max_rows), partial(_fit, classifier, C)
    if isinstance(train.inputs[0], bytes):
        config, arrays, linear = _on_pixels(train, fit)
    else:
        config, arrays, linear = _on_words(train, fit, max_ngram, min_df, max_terms)
    config["probabilities"] = classifier == "logistic_regression"
    return TfidfLinear(config, arrays | _rounded(linear, bits))


Parts = tuple[dict[str, Any], dict[str, np.ndarray], Any]
"""Config and arrays of what makes vectors, and a linear model fitted on those of train."""


def _on_pixels(train: "Split", fit: Callable[..., Any]) -> Parts:
    images: Any = train.inputs
    side = min(SIDE, *decode_image(images[0]).size)
    return {"side": side}, {}, fit(_pixels(images, side), train.labels)


def _on_words(train: "Split", fit: Callable[..., Any], max_ngram: int, min_df: int, max_terms: int | None) -> Parts:
    texts = whole_texts(train.inputs, FORMAT)
    words, vectors = _words(texts, max_ngram, min_df)
    linear = fit(vectors, train.labels)
    if max_terms is not None and max_terms < vectors.shape[1]:
        order = np.argsort(-np.abs(linear.coef_).max(axis=0), kind="stable")
        heaviest = sorted(words.get_feature_names_out()[order[:max_terms]])
        words = _vectorizer(words.analyzer, max_ngram, vocabulary=heaviest)
        vectors = words.fit_transform(texts)
        linear = fit(vectors, train.labels)
    terms = json.dumps(words.get_feature_names_out().tolist(), ensure_ascii=False, separators=(",", ":"))
    arrays = {"terms": np.frombuffer(terms.encode(), np.uint8), "counts": vectors.getnnz(axis=0).astype(np.int32)}
    return {"analyzer": words.analyzer, "max_ngram": max_ngram, "texts": len(texts)}, arrays, linear


def _fit(classifier: str, C: float, vectors: Any, labels: np.ndarray) -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import LinearSVC

    svm = LinearSVC(C=C, random_state=0)  # its solver draws at random where features outnumber rows
    return (svm if classifier == "linear_svm" else LogisticRegression(C=C, max_iter=1000)).fit(vectors, labels)


def _vectorizer(analyzer: str, max_ngram: int, **options: Any) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(analyzer=analyzer, ngram_range=(1, max_ngram), sublinear_tf=True, **options)


def _words(texts: list[str], max_ngram: int, min_df: int) -> tuple[Any, Any]:
    """(what makes vectors of words or, where these do not recur, of characters; the vectors of texts)."""
    for analyzer, least in (("word", min_df), ("char", min_df), ("char", 1)):
        vectorizer = _vectorizer(analyzer, max_ngram, min_df=least)
        with suppress(ValueError):  # no term at all
            vectors = vectorizer.fit_transform(texts)
            if (np.diff(vectors.indptr) > 0).mean() > 0.5:
                return vectorizer, vectors
        print("the texts of train have few words in common: the linear baseline reads characters", flush=True)
    raise ValueError("the texts of train have no character in common")


def _rounded(linear: Any, bits: int) -> dict[str, np.ndarray]:
    """`weights`, `scales` and `intercepts` of a linear model: as float32, or the largest weight of each row as 127."""
    weights, known = linear.coef_, {"intercepts": linear.intercept_.astype(np.float32)}
    if bits == 32:
        return known | {"weights": weights.astype(np.float32), "scales": np.ones(len(weights), np.float32)}
    scales = np.maximum(np.abs(weights).max(axis=1), np.finfo(np.float32).tiny).astype(np.float32) / 127
    return known | {"weights": np.rint(weights / scales[:, None]).astype(np.int8), "scales": scales}


def _sample(split: "Split", rows: int | None) -> "Split":
    """At most `rows` of a split's rows, one of every class among them, in their order."""
    if rows is None or rows >= len(split.inputs):
        return split
    order = np.random.default_rng(0).permutation(len(split.inputs))
    first = np.zeros(len(order), dtype=bool)
    first[np.unique(split.labels[order], return_index=True)[1]] = True
    chosen = np.sort(np.concatenate([order[first], order[~first]])[:rows])
    return replace(split, inputs=[split.inputs[i] for i in chosen], labels=split.labels[chosen])


def _pixels(images: Sequence[Any], side: int) -> np.ndarray:
    """[images, 3 * side * side]: red, green and blue between 0 and 1, of images shrunk to one size."""
    return np.stack([np.asarray(decode_image(image).resize((side, side))).ravel() / 255 for image in images])
