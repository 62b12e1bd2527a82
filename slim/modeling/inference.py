"""Inference with saved models: a folder to a classifier, inputs to classes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from slim.modeling.classifier import Classifier, saved_length
from slim.modeling.device import Runtime
from slim.modeling.manifest import read_manifest
from slim.modeling.model_io import FORMAT, load
from slim.modeling.splits import Input
from slim.modeling.tokenization import IN_MEMORY

BATCH_SIZE = 32
"""Inputs in a batch."""


def load_classifier(folder: str | Path) -> Classifier:
    """The model of a folder, in float32, on a GPU if there is one; texts are cut where they were in training.

    Raises ValueError as `read_manifest` and `load` do, and for a format that is read elsewhere.
    """
    if (format := read_manifest(folder)["format"]) != FORMAT:
        raise ValueError(f"{folder} is of the format '{format}', not '{FORMAT}': load it with what wrote it")
    model, processor = load(folder)
    runtime = Runtime(torch.device("cuda" if torch.cuda.is_available() else "cpu"), bf16=False)
    return Classifier(model.to(runtime.device), processor, saved_length(model, processor), BATCH_SIZE, runtime)


def classify(classifier: Classifier, inputs: Sequence[Input]) -> list[dict[str, Any]]:
    """{"label", "probability"} of the most probable class of each input."""
    names, predictions = classifier.model.config.id2label, []
    for start in range(0, len(inputs), IN_MEMORY):  # so few at a time that no tokens are kept on disk
        logits = torch.as_tensor(classifier.logits(inputs[start : start + IN_MEMORY]))
        for probability, label in zip(*(each.tolist() for each in logits.softmax(-1).max(-1)), strict=True):
            predictions.append({"label": names[label], "probability": probability})
    return predictions
