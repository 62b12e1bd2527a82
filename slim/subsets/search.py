"""Searches without signals: which layers to keep, within a number of evaluations of layer subsets (this project).

Each returns the retained layers, lowest first, for every size from L down to 1, and the number of distinct subsets
measured; the intact model costs nothing. Of equally accurate subsets the one with the lower loss is better, then the
one with the smaller mask, that is, without the deeper layer.
"""

import numpy as np

from slim.subsets.lattice import Lattice, SplitName, best_first, layers_of, smaller

SearchResult = tuple[list[list[int]], int]
"""The retained layers of every size, and the number of subsets measured."""


def greedy_search(lattice: Lattice, evaluations: int | None, split: SplitName = "validation") -> SearchResult:
    """Removes the layer without which accuracy on `split` is highest, again and again, down to one layer.

    Stops before the round that would need more than `evaluations` subsets (None: no limit). The layers left are then
    removed in the order of the last round, the least important first; without any round, the deepest first. Raises
    ValueError when the lattice lacks a subset that the search tries.
    """
    mask, used, last = lattice.full, 0, list(range(lattice.layers))[::-1]
    path = [layers_of(mask)]
    while len(path[-1]) > 1 and (evaluations is None or used + len(path[-1]) <= evaluations):
        used += len(path[-1])
        best = best_first(lattice, smaller(mask), split)
        last = [(mask ^ rest).bit_length() - 1 for rest in best]
        mask = best[0]
        path.append(layers_of(mask))
    left = [layer for layer in last if mask >> layer & 1]
    return path + [sorted(left[k:]) for k in range(1, len(left))], used


def beam_search(lattice: Lattice, width: int, split: SplitName = "validation") -> SearchResult:
    """The best subset of each size among those that remove one layer from the `width` best of the size above.

    Width 1 is greedy; the width of all subsets of a size, the oracle. Paths need not be nested. Raises ValueError for
    a width below 1, or when the lattice lacks a subset that the search tries.
    """
    if width < 1:
        raise ValueError(f"beam_search: width must be 1 or more, got {width}")
    beam, used = [lattice.full], 0
    path = [layers_of(lattice.full)]
    while len(path[-1]) > 1:
        tried = {rest for mask in beam for rest in smaller(mask)}
        used += len(tried)
        beam = best_first(lattice, tried, split)[:width]
        path.append(layers_of(beam[0]))
    return path, used


def random_search(lattice: Lattice, evaluations: int, seed: int, split: SplitName = "validation") -> SearchResult:
    """The best subset of each size among `evaluations` random ones, spread evenly over the sizes 1 .. L-1.

    Only measured subsets are drawn, none twice; the remainder goes to the larger sizes. More evaluations with the same
    seed draw the same subsets and further ones. A size without a draw keeps its lowest layers. Paths need not be
    nested.
    """
    rng = np.random.default_rng(seed)
    sizes = range(lattice.layers - 1, 0, -1)
    shuffled = {size: rng.permutation(lattice.of_size(size)).tolist() for size in sizes}
    counts = _even_counts([len(masks) for masks in shuffled.values()], evaluations)
    drawn = [shuffled[size][:count] for size, count in zip(sizes, counts, strict=True)]
    best = [
        best_first(lattice, masks, split)[0] if masks else (1 << size) - 1
        for size, masks in zip(sizes, drawn, strict=True)
    ]
    return [layers_of(mask) for mask in [lattice.full, *best]], sum(counts)


def _even_counts(available: list[int], evaluations: int) -> list[int]:
    """The number of evaluations for each size: one more each in turn, while a subset of that size is left."""
    counts = [0] * len(available)
    while sum(counts) < min(evaluations, sum(available)):
        place = min((i for i in range(len(counts)) if counts[i] < available[i]), key=lambda i: counts[i])
        counts[place] += 1
    return counts
