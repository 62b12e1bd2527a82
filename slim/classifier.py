"""A model with its tokenizer and the way they are run: predict, train, save."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from slim.batches import Batches, batches, cut_share
from slim.checkpoints import checkpoint_folder
from slim.models import Model, Tokenizer, classified, load, save
from slim.runtime import Precision, Runtime, processes, start
from slim.texts import Split, Text
from slim.training import Objective, Schedule, by_labels, examples, train

REFERENCE_TEXTS = 16
"""How many texts' logits are kept beside a saved model, to prove that a reload computes the same."""


@dataclass(frozen=True)
class Classifier:
    """A text classifier on a device."""

    model: Model
    tokenizer: Tokenizer
    max_tokens: int
    """Texts are cut at this many tokens."""
    batch_size: int
    """Texts in a batch when predicting."""
    runtime: Runtime

    @classmethod
    def load(
        cls,
        folder: str | Path,
        *,
        seed: int,
        threads: int,
        precision: Precision,
        batch_size: int,
        max_tokens: int,
        labels: Sequence[str] | None = None,
    ) -> "Classifier":
        """Start the runtime and load a folder's model; with `labels`, under a fresh head for those classes."""
        runtime = start(threads, precision, seed)
        model, tokenizer = load(folder, labels)
        return cls(model.to(runtime.device), tokenizer, max_tokens, batch_size, runtime)

    def with_model(self, model: Model) -> "Classifier":
        """Another model, run in the same way."""
        return replace(self, model=model)

    def batches(self, texts: Sequence[Text], *, batch_size: int | None = None, by_length: bool = True) -> Batches:
        """Tokenized texts, of like length together unless by_length=False."""
        size = batch_size or self.batch_size
        return batches(texts, self.tokenizer, max_tokens=self.max_tokens, batch_size=size, by_length=by_length)

    def cut_share(self, texts: Sequence[Text]) -> float:
        """The share of the texts that are cut at `max_tokens`."""
        return cut_share(texts, self.tokenizer, self.max_tokens)

    @torch.no_grad()
    def logits(self, texts: Sequence[Text]) -> np.ndarray:
        """[texts, classes]: float32 logits in the order of the texts, whatever order they were batched in."""
        self.model.eval()
        out = np.empty((len(texts), self.model.config.num_labels), np.float32)
        with self.runtime.autocast():
            for members, batch in tqdm(self.batches(texts), desc="predicting", unit="batch"):
                inputs = {name: tensor.to(self.runtime.device) for name, tensor in batch.items()}
                out[members] = classified(self.model, inputs).cpu().numpy()
        return out

    def reference_logits(self, texts: Sequence[Text]) -> np.ndarray:
        """[REFERENCE_TEXTS, classes]: logits of the first texts in full precision, for the proof of a reload."""
        exact = replace(self, runtime=Runtime(self.runtime.device, bf16=False))
        return exact.logits(texts[:REFERENCE_TEXTS])

    def train(
        self,
        training: Split,
        validation: Split | None,
        schedule: Schedule,
        files: Sequence[str | Path],
        objective: Objective = by_labels,
        about: Any = None,
        **columns: np.ndarray,
    ) -> list[dict[str, float]]:
        """Train in place, resuming a killed run of the same schedule on the same files. Returns the log of epochs.

        `files` are the inputs that the run depends on, `about` is what else tells it from others; `columns`
        [texts, ...] reach the objective with their texts. Without `validation` the last step's weights stay.
        Of several processes only the first returns.
        """
        return train(
            self.model,
            self.tokenizer,
            examples(training.texts, training.labels, self.tokenizer, self.max_tokens, **columns),
            validation and examples(validation.texts, validation.labels, self.tokenizer, self.max_tokens),
            schedule,
            self.runtime,
            checkpoint_folder(
                [schedule, self.max_tokens, self.runtime, processes(), objective, about],
                files,
                [__name__, objective.__module__],
            ),
            objective,
        )

    def save(self, folder: str | Path, reference_texts: Sequence[Text], **notes: Any) -> None:
        """Write the model, its tokenizer, reference logits for the proof of a reload, and notes as <name>.json."""
        save(self.model, self.tokenizer, folder, self.reference_logits(reference_texts), notes)
