"""A vector a token, distilled from the same encoder, averaged, and a small head: a transformer without its layers.

Model2Vec (doi:10.5281/zenodo.17270888): the encoder's output for each token alone, reduced by PCA and weighted by
rank, then trained on the task. A model's folder is one of model2vec's, which its StaticModelPipeline reads too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from slim.evaluation.training_data import TrainingData, whole_texts
from slim.modeling.manifest import read_manifest, write_manifest
from slim.utils.io import written_aside
from slim.utils.option_types import Count

if TYPE_CHECKING:
    from slim.modeling.splits import Input

FORMAT = "static_embeddings"


@dataclass(frozen=True)
class StaticEmbeddings:
    """Vectors of tokens and a head."""

    pipeline: Any
    """A model2vec.inference.StaticModelPipeline."""

    @property
    def parameters(self) -> int:
        """Vectors and head."""
        layers = self.pipeline.head.layers
        return int(self.pipeline.model.embedding.size + sum(layer.weight.size + layer.bias.size for layer in layers))

    def logits(self, inputs: "Sequence[Input]") -> np.ndarray:
        """[inputs, classes]: log-probabilities of whole texts."""
        from scipy.special import log_softmax

        vectors = self.pipeline.model.encode(whole_texts(inputs, FORMAT), max_length=None, use_multiprocessing=False)
        return np.asarray(log_softmax(self.pipeline.head.predict_regression(vectors), axis=1))

    def save(self, folder: str | Path) -> None:
        with written_aside(folder) as aside:
            self.pipeline.save_pretrained(str(aside))
            (aside / "README.md").unlink()  # a card of model2vec's own, which nothing reads
            write_manifest(aside, FORMAT)

    @classmethod
    def load(cls, folder: str | Path) -> "StaticEmbeddings":
        """What `save` wrote. Raises ValueError when a file is missing or damaged."""
        from model2vec.inference import StaticModelPipeline

        read_manifest(folder)
        return cls(StaticModelPipeline.from_pretrained(folder))


def static_embeddings(
    data: TrainingData,
    *,
    dimensions: Count = 256,
    epochs: Count = 8,
    bits: Literal[8, 32] = 8,
) -> StaticEmbeddings:
    """Vectors of `dimensions` numbers and a head with a hidden layer, trained on train for at most so many epochs.

    The epoch is chosen on validation. Vectors are rounded to `bits`, to the nearest with one scale for all. Raises
    ValueError for images.
    """
    from model2vec.inference import StaticModelPipeline
    from model2vec.model import quantize_model
    from model2vec.train import StaticModelForClassification

    from slim.modeling.device import start

    texts, chosen_on = (whole_texts(split.inputs, FORMAT) for split in (data.train, data.validation))
    start(data.threads, "fp32", data.seed)
    static = StaticModelForClassification.from_static_model(
        model=_distilled(data.encoder, dimensions), max_length=None
    )
    static.fit(
        texts,
        data.train.labels.tolist(),
        X_val=chosen_on,
        y_val=data.validation.labels.tolist(),
        max_epochs=epochs,
        device="cpu",
        random_seed=data.seed,
    )
    pipeline = static.to_pipeline()
    model = quantize_model(pipeline.model, quantize_to="int8") if bits == 8 else pipeline.model
    return StaticEmbeddings(StaticModelPipeline(model, pipeline.head))


@cache
def _distilled(encoder: Path, dimensions: int) -> Any:
    """The encoder's static vectors, for all datasets and seeds of a process: it takes most of the time."""
    from model2vec.distill import distill

    return distill(str(encoder), pca_dims=dimensions, device="cpu", quantize_to="float32")
