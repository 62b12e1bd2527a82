"""Searches that look at no signal: which layers to keep, within so many evaluations of layer subsets (OURS).

Each returns the retained layers, lowest first, for every size from L down to 1, and how many distinct subsets it
measured; the intact model costs nothing. Of equally accurate subsets the one with the lower loss is better, then the
one with the smaller mask, that is, without the deeper layer.
"""

from collections.abc import Iterable

import numpy as np

from slim.subsets.lattice import Lattice, SplitName, layers_of

Found = tuple[list[list[int]], int]
"""The retained layers of every size, and the number of subsets measured."""


def greedy_within(lattice: Lattice, evaluations: int | None, split: SplitName = "validation") -> Found:
    """Removes the layer without which accuracy on `split` is highest, measures again, and so on, down to one layer.

    Stops before the round that would need more than `evaluations` subsets (None: no limit). What is left then goes in
    the order of the last round, the layer least missed first; without any round, the deepest first. Raises ValueError
    when the lattice lacks a subset it tries.
    """
    mask, used, last = lattice.full, 0, list(range(lattice.layers))[::-1]
    path = [layers_of(mask)]
    while len(path[-1]) > 1 and (evaluations is None or used + len(path[-1]) <= evaluations):
        used += len(path[-1])
        best = _best_first(lattice, _smaller(mask), split)
        last = [(mask ^ rest).bit_length() - 1 for rest in best]
        mask = best[0]
        path.append(layers_of(mask))
    left = [layer for layer in last if mask >> layer & 1]
    return path + [sorted(left[k:]) for k in range(1, len(left))], used


def beam(lattice: Lattice, width: int, split: SplitName = "validation") -> Found:
    """The best subset of each size among those that remove one layer from the `width` best of the size above.

    Width 1 is greedy; a width of all subsets of a size, the oracle. Paths need not be nested. Raises ValueError for a
    width below 1, or when the lattice lacks a subset it tries.
    """
    if width < 1:
        raise ValueError(f"beam: width must be 1 or more, got {width}")
    kept, used = [lattice.full], 0
    path = [layers_of(lattice.full)]
    while len(path[-1]) > 1:
        tried = {rest for mask in kept for rest in _smaller(mask)}
        used += len(tried)
        kept = _best_first(lattice, tried, split)[:width]
        path.append(layers_of(kept[0]))
    return path, used


def drawn(lattice: Lattice, evaluations: int, seed: int, split: SplitName = "validation") -> Found:
    """The best of each size among that many subsets drawn by chance, evenly over the sizes 1 .. L-1.

    No subset is drawn twice, and only those that the lattice has; what cannot be shared evenly goes to the larger
    sizes. More evaluations with the same seed draw the same subsets and further ones. A size without a draw keeps its
    lowest layers. Paths need not be nested.
    """
    rng = np.random.default_rng(seed)
    sizes = range(lattice.layers - 1, 0, -1)
    shuffled = {size: rng.permutation(lattice.of_size(size)).tolist() for size in sizes}
    shares = _shares([len(masks) for masks in shuffled.values()], evaluations)
    taken = [shuffled[size][:share] for size, share in zip(sizes, shares, strict=True)]
    best = [
        _best_first(lattice, masks, split)[0] if masks else (1 << size) - 1
        for size, masks in zip(sizes, taken, strict=True)
    ]
    return [layers_of(mask) for mask in [lattice.full, *best]], sum(shares)


def _smaller(mask: int) -> list[int]:
    """The subsets with one layer less."""
    return [mask ^ 1 << layer for layer in layers_of(mask)]


def _best_first(lattice: Lattice, masks: Iterable[int], split: SplitName) -> list[int]:
    return sorted(masks, key=lambda mask: (-lattice.accuracy(mask, split), lattice.loss(mask, split), mask))


def _shares(room: list[int], evaluations: int) -> list[int]:
    """How many of the evaluations each size gets, one more each in turn while it has room."""
    shares = [0] * len(room)
    while sum(shares) < min(evaluations, sum(room)):
        place = min((i for i in range(len(room)) if shares[i] < room[i]), key=lambda i: shares[i])
        shares[place] += 1
    return shares
