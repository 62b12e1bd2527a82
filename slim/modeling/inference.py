"""Inference with a model of any format: inputs to classes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from slim.modeling.formats import AnyClassifier

if TYPE_CHECKING:
    from slim.modeling.splits import Input

AT_ONCE = 256
"""Inputs that are predicted at a time: so few that `tokenize` keeps no tokens on disk."""


def classify(classifier: AnyClassifier, inputs: "Sequence[Input]") -> list[dict[str, Any]]:
    """{"label", "probability"} of the most probable class of each input."""
    predictions = []
    for start in range(0, len(inputs), AT_ONCE):
        logits = classifier.logits(inputs[start : start + AT_ONCE])
        likelihood = np.exp(logits - logits.max(-1, keepdims=True))
        for each in likelihood / likelihood.sum(-1, keepdims=True):
            predictions.append({"label": classifier.labels[each.argmax()], "probability": float(each.max())})
    return predictions
