"""From scores of units to ranks, and from ranks to the units that stay."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Across = Literal["layers", "each"]
"""Whether units compete with those of all layers, or each layer keeps the same share."""


def ranked(
    scores: Sequence[NDArray[np.float64]], ties: Sequence[NDArray[np.float64]] | None = None
) -> list[list[int]]:
    """For each layer, the places of its units among those of all layers; 0: the highest score.

    Equal scores are told apart by `ties`, higher first, then the earlier layer and unit goes first.
    """
    flat = np.concatenate(scores)
    second = np.zeros_like(flat) if ties is None else np.concatenate(ties)
    places = np.empty(len(flat), np.int64)
    places[np.lexsort((np.arange(len(flat)), -second, -flat))] = np.arange(len(flat))
    ends = np.cumsum([len(each) for each in scores])[:-1]
    return [each.tolist() for each in np.split(places, ends)]


def kept_units(ranks: Sequence[Sequence[int]], keep: float, round_to: int, across: Across) -> list[NDArray[np.int64]]:
    """For each layer, the units that stay, in their old order: about the fraction `keep` of all.

    A layer's width is rounded to a multiple of `round_to`, at least one, at most what it has. More units stay for a
    larger `keep`, and all that stayed before.
    """
    most = round(keep * sum(map(len, ranks)))
    kept = []
    for places in ranks:
        own = sum(place < most for place in places) if across == "layers" else keep * len(places)
        width = min(len(places), max(1, round(own / round_to)) * round_to)
        kept.append(np.sort(np.argsort(places, kind="stable")[:width]))
    return kept
