"""How well logits [n, classes] predict labels [n]: shares in [0, 1], and nats for the loss."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax
from sklearn.metrics import f1_score

Logits = NDArray[np.floating]
Labels = NDArray[np.integer]


def quality(logits: Logits, labels: Labels, *, bins: int = 15) -> dict[str, float]:
    """Every measure of this file by its name. `bins` are those of the calibration error.

    Raises ValueError when the shapes do not fit, when there is no item, or when a label has no logit.
    """
    logits, labels = np.asarray(logits, dtype=np.float64), np.asarray(labels)
    if logits.ndim != 2 or labels.shape != logits.shape[:1] or not len(labels):
        raise ValueError(f"logits must be [n, classes] and labels [n], n > 0: got {logits.shape} and {labels.shape}")
    if labels.min() < 0 or labels.max() >= logits.shape[1]:
        raise ValueError(f"labels must be 0..{logits.shape[1] - 1}: got {labels.min()}..{labels.max()}")
    measured = {measure.__name__: measure(logits, labels) for measure in (accuracy, macro_f1, nll)}
    return measured | {"calibration_error": calibration_error(logits, labels, bins=bins)}


def accuracy(logits: Logits, labels: Labels) -> float:
    """Fraction of items whose largest logit is that of the true class."""
    return float((logits.argmax(axis=1) == labels).mean())


def macro_f1(logits: Logits, labels: Labels) -> float:
    """Plain mean of the classes' F1, over the classes that occur among labels or predictions."""
    return float(f1_score(labels, logits.argmax(axis=1), average="macro", zero_division=0))


def nll(logits: Logits, labels: Labels) -> float:
    """Mean negative log-likelihood of the true class, in nats."""
    return float(-log_softmax(logits, axis=1)[np.arange(len(labels)), labels].mean())


def calibration_error(logits: Logits, labels: Labels, *, bins: int = 15) -> float:
    """Expected calibration error: mean gap between the confidence of the predicted class and its accuracy.

    `bins` equal-width ones, ]0, 1/bins], ]1/bins, 2/bins], ..., each weighted by its items (arXiv:1706.04599).
    """
    confidence = np.exp(log_softmax(logits, axis=1).max(axis=1))
    right = logits.argmax(axis=1) == labels
    places = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    gaps = np.bincount(places, weights=confidence - right, minlength=bins)
    return float(np.abs(gaps).sum() / len(labels))
