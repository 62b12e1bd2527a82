"""Make fine-tuned transformers small, and say honestly by how much.

    import slim

    classifier = slim.load("models/small/movie_reviews/0")
    slim.predict("models/small/movie_reviews/0", ["What a film!"])

Importing this is light. The first call imports what the model's format needs: PyTorch, or for ONNX no more than
NumPy, tokenizers and ONNX Runtime. `python -m slim predict` does the same from a shell.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from slim.modeling.formats import AnyClassifier
    from slim.modeling.splits import Input


def load(folder: str | Path) -> AnyClassifier:
    """The model of a folder, as it was trained: its classes, and where it cuts texts.

    Raises ValueError in one line when the folder has no manifest, is damaged, or is of an unknown format.
    """
    from slim.modeling.formats import load_model

    return load_model(folder)


def predict(model: str | Path | AnyClassifier, inputs: Sequence[Input]) -> list[dict[str, Any]]:
    """The most probable class of each input, as {"label", "probability"}, by a folder's model or a loaded one.

    Inputs are texts, pairs of texts, or the bytes of PNG or JPEG files. Nothing is written to disk.
    """
    from slim.modeling.inference import classify

    return classify(load(model) if isinstance(model, str | Path) else model, inputs)
