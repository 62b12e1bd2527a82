"""Accuracy of layer subsets: subsets that begin with the same layers share their computation.

A subset costs at most one forward pass of a layer instead of one of the model.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from tqdm import tqdm

from slim.modeling.architecture import Model
from slim.modeling.batching import Batches
from slim.modeling.classifier import Classifier
from slim.modeling.device import Runtime
from slim.modeling.splits import Split
from slim.modeling.transformer import Stream, classify, embed, layers
from slim.subsets.lattice import Lattice, best_first, complete, mask_of, random_orders, smaller

MOST_LAYERS = 62
"""Bits of a mask, as arrays hold them."""


def masks_to_measure(count: int, max_subsets: int, sample: int, seed: int) -> Sequence[int]:
    """Masks to measure, increasing: all 2^count if they are at most `max_subsets`, else a sample of them.

    The sample is the intact model and the subsets that `sample` random orders of removal leave, so of every size as
    many, each with and without a layer. Raises ValueError for more layers than a mask has bits.
    """
    if count > MOST_LAYERS:
        raise ValueError(f"the model has {count} layers: subsets of more than {MOST_LAYERS} cannot be written down")
    if 2**count <= max_subsets:
        return range(2**count)
    orders = random_orders(count, sample, seed).tolist()
    return sorted({2**count - 1, *(mask_of(order[gone:]) for order in orders for gone in range(1, count))})


def prefixes(masks: Iterable[int]) -> set[int]:
    """Every subset on the way to one of the masks when layers are added from the first to the last."""
    return {mask & ((1 << bits) - 1) for mask in masks for bits in range(mask.bit_length() + 1)}


def extensions(masks: Iterable[int]) -> dict[int, list[int]]:
    """Prefix -> the prefixes that have one more layer, above its own; empty where it is no other's prefix."""
    longer: dict[int, list[int]] = {mask: [] for mask in sorted(prefixes(masks))}
    for mask in longer:
        if mask:
            longer[mask ^ 1 << mask.bit_length() - 1].append(mask)
    return longer


def measure(teacher: Classifier, splits: Mapping[str, Split], *, max_subsets: int, sample: int, seed: int) -> Lattice:
    """The lattice of a classifier over its splits: of all subsets, if they are at most `max_subsets`.

    Else of a sample (`masks_to_measure`) and of all subsets that the greedy search tries.
    """
    masks = masks_to_measure(len(layers(teacher.model)), max_subsets, sample, seed)
    measure_more = partial(measure_subsets, teacher, splits)
    found = measure_more(masks)
    return found if complete(found) else with_greedy(found, measure_more)


def with_greedy(lattice: Lattice, measure_more: Callable[[list[int]], Lattice]) -> Lattice:
    """The lattice and all subsets that `slim.subsets.search.greedy_search` tries, measured a round at a time."""
    best = lattice.full
    while best.bit_count() > 1:
        lattice = lattice.completed(smaller(best), measure_more)
        best = best_first(lattice, smaller(best), "validation")[0]
    return lattice


def measure_subsets(teacher: Classifier, splits: Mapping[str, Split], masks: Sequence[int]) -> Lattice:
    """The lattice of these subsets, masks in increasing order."""
    results = {
        name: ablate(teacher.model, teacher.batches(split.inputs), split.labels, masks, teacher.runtime, name)
        for name, split in splits.items()
    }
    return Lattice(
        layers=len(layers(teacher.model)),
        subsets=np.array(masks),
        labels={name: split.labels for name, split in splits.items()},
        predictions={name: predictions for name, (predictions, _) in results.items()},
        losses={name: losses for name, (_, losses) in results.items()},
    )


@torch.no_grad()
def ablate(
    model: Model, batches: Batches, labels: np.ndarray, masks: Sequence[int], runtime: Runtime, label: str = "ablating"
) -> tuple[np.ndarray, np.ndarray]:
    """Predictions [S, n] (int16) and mean losses [S] (nats) of the model with each subset of its layers.

    The hidden states of a subset are its last layer applied to those of the subset without it. So a depth-first walk
    costs one forward pass of a layer for each prefix, and holds at most L + 1 hidden states. Half of all subsets
    are no other's prefix: their last layer computes only what the head reads, which is cheap for a first token. Not
    so where only some subsets are measured: what one of them predicts must not depend on the others, to the last bit.
    """
    model = model.to(runtime.device).eval()
    row = {mask: i for i, mask in enumerate(masks)}
    stack = list(layers(model))
    longer_prefixes, every = extensions(masks), len(masks) == 1 << len(stack)
    predictions = np.empty((len(masks), batches.inputs), np.int16)
    losses = np.zeros(len(masks))

    def visit(stream: Stream, mask: int, targets: Tensor, classes: Tensor, sums: Tensor) -> None:
        if mask in row:
            logits = classify(model, stream).float()
            classes[row[mask]] = logits.argmax(-1)
            sums[row[mask]] = cross_entropy(logits, targets, reduction="sum")
        for longer in longer_prefixes[mask]:
            layer = stack[longer.bit_length() - 1]
            last = every and not longer_prefixes[longer]
            visit(stream.through(layer, last), longer, targets, classes, sums)

    with runtime.autocast():
        for members, batch in tqdm(batches, desc=label, unit="batch"):
            targets = torch.as_tensor(labels[members], device=runtime.device)
            # Results stay on the device: copying them after every subset would take a GPU longer than the layers do.
            classes = torch.empty(len(masks), len(members), dtype=torch.int16, device=runtime.device)
            sums = torch.empty(len(masks), device=runtime.device)
            visit(embed(model, runtime.to_device(batch)), 0, targets, classes, sums)
            predictions[:, members] = classes.cpu().numpy()
            losses += sums.double().cpu().numpy()
    return predictions, losses / batches.inputs
