"""What a short training restores: it depends on the retained layers alone, so each set of them is trained once."""

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
from slim.utils.work_cache import checkpoint_folder


def designed(count: int, sizes: Sequence[int], sets: int, seed: int) -> list[int]:
    """Masks to train, increasing: the intact model's, and of each size all subsets, or `sets` drawn ones if fewer.

    The intact model is the control: what the same training adds where nothing was removed. Raises ValueError for a
    size that a model of `count` layers cannot be pruned to.
    """
    if outside := [size for size in sizes if not 1 <= size < count]:
        raise ValueError(
            f"recover.sizes asks for {outside[0]} retained layers of {count}: choose from 1 to {count - 1}"
        )
    every = {size: [mask_of(kept) for kept in combinations(range(count), size)] for size in sizes}
    return sorted(
        {2**count - 1, *(mask for size, masks in every.items() for mask in _drawn(masks, sets, seed + size))}
    )


def _drawn(masks: list[int], sets: int, seed: int) -> list[int]:
    """So many of the masks, by the raw bits of PCG64, which NumPy promises never to change."""
    bits = np.random.PCG64(seed).random_raw(len(masks))
    return [masks[i] for i in np.argsort(bits, kind="stable")[:sets]]


def recovered(
    teacher: Classifier,
    train: Split,
    splits: Mapping[str, Split],
    masks: Sequence[int],
    schedule: Schedule,
    files: Sequence[str | Path],
) -> Lattice:
    """What the teacher's subsets predict after the same short training on hard labels, same seed, same data order.

    Every set starts from the teacher's weights. It is kept as soon as it is done, so that a killed run goes on with
    the next one, and a run that asks for more sets trains only those. `files` are the inputs the result depends on.
    """
    memo = checkpoint_folder(["recovered", schedule, teacher.max_tokens, teacher.runtime], files, [__name__])
    found = []
    for mask in tqdm(masks, desc="recovering", unit="set"):
        path = memo / f"{mask}.npz"
        if not path.exists():
            write_arrays(_trained(teacher, train, splits, mask, schedule, memo / str(mask)), path)
        found.append(read_arrays(path))
    return Lattice(
        layers=len(layers(teacher.model)),
        subsets=np.array(masks),
        labels={name: split.labels for name, split in splits.items()},
        predictions={name: np.stack([each[f"{name}_predictions"] for each in found]) for name in splits},
        losses={name: np.array([float(each[f"{name}_loss"]) for each in found]) for name in splits},
    )


def _trained(
    teacher: Classifier,
    train: Split,
    splits: Mapping[str, Split],
    mask: int,
    schedule: Schedule,
    work: Path,
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
