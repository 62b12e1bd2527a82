"""fastText: the mean of vectors of words and hashed n-grams, and a linear layer, quantized (arXiv:1612.03651)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from annotated_types import Ge

from slim.evaluation.training_data import TrainingData, whole_texts
from slim.modeling.manifest import read_manifest, write_manifest
from slim.utils.io import write_text, written_aside
from slim.utils.option_types import AtLeastTwo, Count, CountOrZero, Positive

if TYPE_CHECKING:
    from slim.modeling.splits import Input

FORMAT = "fasttext"
FILE = "model.ftz"
CLASS = "CLASS_"
"""What a label begins with, and no lower-cased word."""
FromRows = Annotated[int, Ge(256)]
"""Rows of a matrix: fastText learns 256 centroids of them."""


@dataclass(frozen=True)
class FastText:
    """A quantized model of fastText."""

    model: Any
    """As the package floret has it."""

    def logits(self, inputs: "Sequence[Input]") -> np.ndarray:
        """[inputs, classes]: log-probabilities; of a text without a known word, all the same."""
        logits = np.zeros((len(inputs), len(self.model.get_labels())))
        for row, line in zip(logits, _lines(inputs), strict=True):
            # floret's own `predict` fails under NumPy 2 and, of several lines, repeats the first probability.
            for probability, label in self.model.f.predict(f"{line}\n", len(row), 0.0, "strict"):
                row[int(label.removeprefix(CLASS))] = np.log(probability)
        return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))

    def save(self, folder: str | Path) -> None:
        with written_aside(folder) as aside:
            aside.mkdir()
            self.model.save_model(str(aside / FILE))
            write_manifest(aside, FORMAT)

    @classmethod
    def load(cls, folder: str | Path) -> "FastText":
        """What `save` wrote. Raises ValueError when the file is missing or damaged."""
        read_manifest(folder)
        return cls(_floret().load_model(str(Path(folder, FILE))))


def fasttext(
    data: TrainingData,
    *,
    dimensions: Count = 16,
    max_ngram: AtLeastTwo = 2,
    subwords: CountOrZero = 0,
    epochs: Count = 25,
    learning_rate: Positive = 0.1,
    buckets: FromRows = 200_000,
    rows: FromRows = 20_000,
) -> FastText:
    """A model of lower-cased words and n-grams up to `max_ngram`, of one thread, so that it is the same bytes twice.

    `subwords`: also of characters of words, three to so many. N-grams share `buckets` vectors. What is kept are the
    `rows` of the largest norm, trained again, then product-quantized. Raises ValueError for images.
    """
    how = {"lr": learning_rate, "epoch": epochs, "thread": 1, "verbose": 0}
    words = {
        "dim": dimensions,
        "wordNgrams": max_ngram,
        "bucket": buckets,
        "minn": 3 if subwords else 0,
        "maxn": subwords,
    }
    texts = _lines(data.train.inputs)
    with TemporaryDirectory() as folder:
        file = str(Path(folder, "train.txt"))
        lines = [f"{CLASS}{label} {line}\n" for label, line in zip(data.train.labels, texts, strict=True)]
        order = np.random.default_rng(data.seed).permutation(len(lines))  # fastText learns in the order of the file
        write_text("".join(lines[i] for i in order), file)
        model = _floret().train_supervised(file, seed=data.seed, label=CLASS, **words, **how)
        model.quantize(file, cutoff=rows, retrain=True, qnorm=True, **how)
    return FastText(model)


def _lines(inputs: "Sequence[Input]") -> list[str]:
    return [" ".join(text.lower().split()) for text in whole_texts(inputs, FORMAT)]


def _floret() -> Any:
    import floret

    return floret
