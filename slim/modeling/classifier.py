"""A model with its processor and the way they are run: predict, train, save."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from slim.modeling.batching import Batches, batches
from slim.modeling.device import Precision, Runtime, processes, start
from slim.modeling.splits import Input, Split
from slim.modeling.tokenization import cut_at, cut_share
from slim.modeling.transformer import Model, Processor, classified, load, reads_images, save
from slim.training.trainer import Objective, Schedule, by_labels, examples, train
from slim.utils.work_cache import checkpoint_folder

REFERENCE_INPUTS = 16
"""How many inputs' logits are kept beside a saved model, to prove that a reload computes the same."""


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
        model, processor = load(folder, labels)
        return cls(model.to(runtime.device), processor, max_tokens, batch_size, runtime)

    def with_model(self, model: Model) -> "Classifier":
        """Another model, run in the same way."""
        return replace(self, model=model)

    def batches(self, inputs: Sequence[Input], *, batch_size: int | None = None, by_length: bool = True) -> Batches:
        """Batches of inputs, of like length together unless by_length=False."""
        size = batch_size or self.batch_size
        return batches(inputs, self.processor, max_tokens=self.max_tokens, batch_size=size, by_length=by_length)

    def cut_share(self, inputs: Sequence[Input]) -> float:
        """The share of the inputs that are cut at `max_tokens`; images are not."""
        return 0.0 if reads_images(self.processor) else cut_share(inputs, self.processor, self.max_tokens)

    @torch.no_grad()
    def logits(self, inputs: Sequence[Input]) -> np.ndarray:
        """[inputs, classes]: float32 logits in the order given, whatever order they were batched in."""
        self.model.eval()
        out = np.empty((len(inputs), self.model.config.num_labels), np.float32)
        with self.runtime.autocast():
            for members, batch in tqdm(self.batches(inputs), desc="predicting", unit="batch"):
                on_device = {name: tensor.to(self.runtime.device) for name, tensor in batch.items()}
                out[members] = classified(self.model, on_device).cpu().numpy()
        return out

    def reference_logits(self, inputs: Sequence[Input]) -> np.ndarray:
        """[REFERENCE_INPUTS, classes]: logits of the first inputs in full precision, for the proof of a reload."""
        exact = replace(self, runtime=Runtime(self.runtime.device, bf16=False))
        return exact.logits(inputs[:REFERENCE_INPUTS])

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
        [inputs, ...] reach the objective with them. Without `validation` the last step's weights stay.
        Of several processes only the first returns.
        """
        return train(
            self.model,
            self.processor,
            examples(training.inputs, training.labels, self.processor, self.max_tokens, **columns),
            validation and examples(validation.inputs, validation.labels, self.processor, self.max_tokens),
            schedule,
            self.runtime,
            checkpoint_folder(
                [schedule, self.max_tokens, self.runtime, processes(), objective, about],
                files,
                [__name__, objective.__module__],
            ),
            objective,
        )

    def save(self, folder: str | Path, reference: Sequence[Input], **notes: Any) -> None:
        """Write the model, its processor, reference logits for the proof of a reload, and notes as <name>.json."""
        found = self.reference_logits(reference)
        if not reads_images(self.processor):
            cut_at(self.processor, self.max_tokens)
        save(self.model, self.processor, folder, found, notes)
