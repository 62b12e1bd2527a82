"""LayerStatistics and Lattices of known content, without a model or a deep-learning library."""

from collections.abc import Callable
from dataclasses import fields, replace
from itertools import combinations

import numpy as np

from slim.ranking.layer_statistics import LayerStatistics
from slim.subsets.lattice import Lattice, mask_of


def statistics(
    layers: int = 4, examples: int = 40, *, width: int = 8, heads: int = 2, classes: int = 3, seed: int = 0
) -> LayerStatistics:
    """A LayerStatistics of random texts of 1 to 6 tokens, where deeper layers have larger values of everything."""
    rng = np.random.default_rng(seed)
    lengths = np.concatenate([[1], rng.integers(2, 7, examples - 1)])
    keys = np.repeat(lengths, lengths)
    tokens, scale = len(keys), 1.0 + np.arange(layers)
    labels = np.arange(examples) % classes
    attention = rng.uniform(size=(2, layers, heads, tokens))
    return LayerStatistics(
        example_of_token=np.repeat(np.arange(examples), lengths),
        channel_mean=(rng.normal(size=(2, layers, tokens)) * scale[:, None]).astype(np.float32),
        row_norm=(rng.gamma(5.0, size=(2, layers, tokens)) * scale[:, None]).astype(np.float32),
        pooled=(rng.normal(size=(layers, examples, width)) + labels[:, None] * scale[:, None, None]).astype(
            np.float32
        ),
        labels=labels,
        predictions=np.where(rng.uniform(size=examples) < 0.9, labels, 0),
        gradient_batch_norm=rng.gamma(2.0, size=(layers, 5)) * scale[:, None],
        gradient_example_square=rng.gamma(2.0, size=(layers, examples)) * scale[:, None],
        weights=(rng.normal(size=(layers, 500)) * scale[:, None]).astype(np.float32),
        attention_max=(1 / keys + (1 - 1 / keys) * attention[0]).astype(np.float32),
        attention_entropy=(np.log(keys) * attention[1]).astype(np.float32),
        keys=keys,
    )


def permuted(seen: LayerStatistics, seed: int = 0) -> LayerStatistics:
    """The same LayerStatistics with its texts in another order; its batches stay as they are."""
    to = np.random.default_rng(seed).permutation(seen.examples)
    tokens = np.concatenate([np.flatnonzero(seen.example_of_token == example) for example in to])
    new = np.argsort(to)
    by_token = ("channel_mean", "row_norm", "attention_max", "attention_entropy", "keys")
    by_example = ("labels", "predictions", "gradient_example_square")
    return replace(
        seen,
        example_of_token=new[seen.example_of_token[tokens]],
        pooled=seen.pooled[:, to],
        **{name: getattr(seen, name)[..., tokens] for name in by_token},
        **{name: getattr(seen, name)[..., to] for name in by_example},
    )


def arrays(seen: LayerStatistics) -> dict[str, np.ndarray]:
    """Copies of all arrays of a LayerStatistics."""
    return {f.name: getattr(seen, f.name).copy() for f in fields(seen)}


def subsets(layers: int) -> list[int]:
    """The masks of all non-empty subsets, in increasing order."""
    return sorted(mask_of(kept) for k in range(1, layers + 1) for kept in combinations(range(layers), k))


def lattice(
    layers: int = 4,
    accuracy_of: Callable[[int], float] | None = None,
    *,
    test_accuracy_of: Callable[[int], float] | None = None,
    loss_of: Callable[[int], float] | None = None,
    masks: list[int] | None = None,
    items: int = 1000,
    seed: int = 0,
) -> Lattice:
    """A Lattice whose subsets get a share `accuracy_of(mask)`, rounded to 1 / items, of two classes right.

    Without `accuracy_of`: shares random, larger for larger subsets. Test accuracies are the validation
    ones, and losses 1 - accuracy, unless given. All non-empty subsets, unless `masks` are given.
    """
    masks = sorted(masks if masks is not None else subsets(layers))
    rng = np.random.default_rng(seed)
    drawn = {mask: 0.3 + 0.5 * mask.bit_count() / layers + 0.2 * rng.uniform() for mask in masks}
    validation = accuracy_of or drawn.__getitem__
    share = {"validation": validation, "test": test_accuracy_of or validation}
    labels = {split: rng.integers(0, 2, items) for split in share}

    def predict(split: str) -> np.ndarray:
        right = np.array([round(share[split](mask) * items) for mask in masks])
        return np.where(np.arange(items) < right[:, None], labels[split], 1 - labels[split]).astype(np.int16)

    predictions = {split: predict(split) for split in share}
    accuracies = {split: (predictions[split] == labels[split]).mean(axis=1) for split in share}
    losses = {s: np.array([loss_of(m) for m in masks]) if loss_of else 1 - accuracies[s] for s in share}
    return Lattice(layers, np.array(masks, dtype=np.int64), labels, predictions, losses)
