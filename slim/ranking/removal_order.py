"""From scores to the layers that stay: orders and paths.

A *path* lists the retained layers, lowest first, after k = 0 .. L-1 removals; the last entry has one layer.
"""

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slim.subsets.lattice import mask_of

PruneFirst = Literal["low", "high"]


def keep_scores(scores: ArrayLike, prune_first: PruneFirst) -> NDArray[np.float64]:
    """Scores of any shape, signed so that larger = keep.

    `prune_first`: which end of the raw scores is removed first. Raises ValueError for anything but low or high.
    """
    if prune_first not in ("low", "high"):
        raise ValueError(f"prune_first must be 'low' or 'high', got '{prune_first}'")
    values = np.asarray(scores, dtype=np.float64)
    return values if prune_first == "low" else -values


def removal_order(scores: ArrayLike, prune_first: PruneFirst) -> list[int]:
    """Layers in the order in which they are removed, from one score a layer [L].

    Of equal scores the deeper layer goes first. Raises ValueError when a score is not finite.
    """
    keep = keep_scores(scores, prune_first)
    if keep.ndim != 1:
        raise ValueError(f"an order needs one score a layer, got an array of shape {keep.shape}")
    if not np.isfinite(keep).all():
        raise ValueError(f"layer {int(np.argmin(np.isfinite(keep)))} has no finite score: {keep.tolist()}")
    return sorted(range(len(keep)), key=lambda layer: (keep[layer], -layer))


def path(order: list[int]) -> list[list[int]]:
    """The retained layers, lowest first, after k = 0 .. L-1 removals in this order. Returns L lists."""
    return [sorted(order[k:]) for k in range(len(order))]


def ranking(scores: ArrayLike, prune_first: PruneFirst) -> dict[str, list[Any]]:
    """The ranking by a signal's scores, [L] or [draws, L]: `scores` (larger = keep) and `paths`, one each a draw."""
    keep = np.atleast_2d(keep_scores(scores, prune_first))
    return {"scores": keep.tolist(), "paths": [path(removal_order(draw, "low")) for draw in keep]}


def walk(layers: int, keep_scores_at: Callable[[int], NDArray[np.float64]]) -> list[list[int]]:
    """The path that removes, again and again, the layer with the lowest score among those present, down to one layer.

    `keep_scores_at`: mask of the layers present -> their scores [present], lowest layer first, larger = keep. It is
    not called for a single layer. Of equal scores the deeper layer goes first. Returns L lists. Raises ValueError for
    a score that is not finite, or for another number of scores than of layers.
    """
    kept = list(range(layers))
    steps = [kept]
    while len(kept) > 1:
        order = removal_order(keep_scores_at(mask_of(kept)), "low")
        if len(order) != len(kept):
            raise ValueError(f"{len(kept)} layers are present, but {len(order)} have a score")
        kept = [layer for place, layer in enumerate(kept) if place != order[0]]
        steps.append(kept)
    return steps
