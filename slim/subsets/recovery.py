"""Accuracy of layer subsets after a short training. It depends on the retained layers alone: each is trained once."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
from scipy.special import log_softmax
from tqdm import tqdm

from slim.modeling.classifier import Classifier
from slim.modeling.splits import Split
from slim.modeling.transformer import keep_layers, layers
from slim.subsets.lattice import Lattice, layers_of, mask_of
from slim.training.trainer import Schedule, train_classifier
from slim.utils.io import read_arrays, write_arrays


def masks_to_train(count: int, sizes: Sequence[int], sets: int, seed: int) -> list[int]:
    """Masks to train, increasing: the intact model's, and of each size all subsets, or `sets` random ones if fewer.

    The intact model is the control: it shows what the same training adds where nothing was removed. Raises ValueError
    for a size that a model of `count` layers cannot be pruned to.
    """
    if outside := [size for size in sizes if not 1 <= size < count]:
        raise ValueError(
            f"recover.sizes asks for {outside[0]} retained layers of {count}: choose from 1 to {count - 1}"
        )
    subsets = {size: [mask_of(kept) for kept in combinations(range(count), size)] for size in sizes}
    chosen = {mask for size, masks in subsets.items() for mask in _sampled(masks, sets, seed + size)}
    return sorted({2**count - 1, *chosen})


def _sampled(masks: list[int], count: int, seed: int) -> list[int]:
    """At most `count` of the masks, by the raw bits of PCG64, which are the same in every version of NumPy."""
    bits = np.random.PCG64(seed).random_raw(len(masks))
    return [masks[i] for i in np.argsort(bits, kind="stable")[:count]]


def recovered(
    teacher: Classifier,
    train: Split,
    splits: Mapping[str, Split],
    masks: Sequence[int],
    schedule: Schedule,
    work: str | Path,
) -> Lattice:
    """The lattice of the teacher's subsets after the same short training on the true labels, in the same order.

    `work`, a folder for unfinished work, must belong to exactly this teacher, data and schedule, for a subset that
    it holds, as <mask>.npz, is not trained again: a killed run goes on with the next one, and a run that asks for more
    subsets trains only those.
    """
    measured = {}
    for mask in tqdm(masks, desc="recovering", unit="subset"):
        path = Path(work) / f"{mask}.npz"
        if not path.exists():
            write_arrays(_train_and_predict(teacher, train, splits, mask, schedule, Path(work) / str(mask)), path)
        measured[mask] = read_arrays(path)
    labels = {name: split.labels for name, split in splits.items()}
    return Lattice.of_subsets(len(layers(teacher.model)), labels, measured)


def _train_and_predict(
    teacher: Classifier, train: Split, splits: Mapping[str, Split], mask: int, schedule: Schedule, work: Path
) -> dict[str, np.ndarray]:
    """Predictions [n] and loss (nats) on each split of one subset after its training."""
    student = teacher.with_model(keep_layers(teacher.model, layers_of(mask)))
    train_classifier(student, train, None, schedule, work)
    logits = {name: student.logits(split.inputs) for name, split in splits.items()}
    predictions = {f"{name}_predictions": each.argmax(-1).astype(np.int16) for name, each in logits.items()}
    losses = {f"{name}_loss": np.array(loss(each, splits[name].labels)) for name, each in logits.items()}
    return predictions | losses


def loss(logits: np.ndarray, labels: np.ndarray) -> float:
    """Mean cross-entropy, in nats, of logits [n, classes]."""
    return float(-log_softmax(logits.astype(np.float64), axis=1)[np.arange(len(labels)), labels].mean())
