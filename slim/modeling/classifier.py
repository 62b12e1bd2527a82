"""A model with its processor: load, predict, save."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from slim.modeling.architecture import Model
from slim.modeling.batching import Batches, batches
from slim.modeling.device import Precision, Runtime, start
from slim.modeling.load_checks import check_positions, positions
from slim.modeling.manifest import REFERENCE_INPUTS
from slim.modeling.model_io import load, save
from slim.modeling.splits import Input
from slim.modeling.tokenization import set_truncation, truncated_fraction, truncation
from slim.modeling.transformer import Processor, forward_logits, reads_images

MAX_TOKENS = 512
"""Where texts are cut if neither parameters nor the folder say and the model has positions for so many."""

BATCH_SIZE = 32
"""Inputs in a batch where nothing says how many."""


@dataclass(frozen=True)
class Classifier:
    """A classifier of texts or images on a device."""

    model: Model
    processor: Processor
    max_tokens: int
    """Texts are cut at this many tokens."""
    batch_size: int
    """Inputs in a batch when predicting."""
    runtime: Runtime
    stored_as: str = "float32"
    """The number format of the weights once they are saved; a loaded model computes in float32 all the same."""

    @classmethod
    def load(
        cls,
        folder: str | Path,
        *,
        seed: int,
        threads: int,
        precision: Precision,
        batch_size: int,
        max_tokens: int | None = None,
        labels: Sequence[str] | None = None,
    ) -> "Classifier":
        """Start the runtime and load a folder's model; with `labels`, under a fresh head for those classes.

        Without `max_tokens` texts are cut where they were when the model was saved.
        """
        runtime = start(threads, precision, seed)
        model, processor = load(folder, labels)
        if max_tokens is not None:
            check_positions(Path(folder), model, max_tokens)
        cut = max_tokens or saved_length(model, processor)
        return cls(model.to(runtime.device), processor, cut, batch_size, runtime)

    @classmethod
    def open(cls, folder: str | Path) -> "Classifier":
        """The model of a folder, in float32, on a GPU if there is one; texts are cut where they were in training.

        Seeds and threads of the process stay as they are. Raises ValueError as `load` of model_io does.
        """
        model, processor = load(folder)
        runtime = Runtime(torch.device("cuda" if torch.cuda.is_available() else "cpu"), bf16=False)
        return cls(model.to(runtime.device), processor, saved_length(model, processor), BATCH_SIZE, runtime)

    @property
    def labels(self) -> list[str]:
        """The names of the classes."""
        return [str(self.model.config.id2label[i]) for i in range(self.model.config.num_labels)]

    @property
    def precision(self) -> str:
        """The number format of matrix products: bf16 or fp32."""
        return self.runtime.precision

    def with_model(self, model: Model) -> "Classifier":
        """Another model, run in the same way."""
        return replace(self, model=model)

    def batches(self, inputs: Sequence[Input], *, batch_size: int | None = None, by_length: bool = True) -> Batches:
        """Batches of inputs, of similar length together unless by_length=False."""
        size = batch_size or self.batch_size
        return batches(inputs, self.processor, max_tokens=self.max_tokens, batch_size=size, by_length=by_length)

    def truncated_fraction(self, inputs: Sequence[Input]) -> float:
        """The fraction of the inputs that are cut at `max_tokens`; images are not."""
        return 0.0 if reads_images(self.processor) else truncated_fraction(inputs, self.processor, self.max_tokens)

    @torch.no_grad()
    def logits(self, inputs: Sequence[Input]) -> np.ndarray:
        """[inputs, classes]: float32 logits in the order given, whatever order they were batched in."""
        self.model.eval()
        out = np.empty((len(inputs), self.model.config.num_labels), np.float32)
        with self.runtime.autocast():
            for members, batch in tqdm(self.batches(inputs), desc="predicting", unit="batch"):
                out[members] = forward_logits(self.model, self.runtime.to_device(batch)).cpu().numpy()
        return out

    def reference_logits(self, inputs: Sequence[Input]) -> np.ndarray:
        """[REFERENCE_INPUTS, classes]: logits of the first inputs in full precision, for the proof of a reload."""
        exact = replace(self, runtime=Runtime(self.runtime.device, bf16=False))
        return exact.logits(inputs[:REFERENCE_INPUTS])

    def save(
        self,
        folder: str | Path,
        reference_inputs: Sequence[Input],
        steps: Sequence[Mapping[str, Any]] = (),
        **notes: Any,
    ) -> None:
        """Write the model with its processor, its manifest, reference logits to prove a reload, and notes.

        `steps`: {"stage", "recipe", "method", "options"} of every step that led to the model, first to last. Each
        note becomes <name>.json.
        """
        reference = self.reference_logits(reference_inputs)
        if not reads_images(self.processor):
            set_truncation(self.processor, self.max_tokens)
        save(self.model, self.processor, folder, reference, steps, notes, self.stored_as)


def saved_length(model: Model, processor: Processor) -> int:
    """At how many tokens a saved tokenizer cuts texts; where it does not say, as many as the model has positions."""
    cut = None if reads_images(processor) else truncation(processor)
    return cut or min(MAX_TOKENS, positions(model) or MAX_TOKENS)
