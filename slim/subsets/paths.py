"""What follows from a path (retained layers after k = 0 .. L-1 removals) and a lattice: places and regret."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from slim.subsets.lattice import Lattice, exhaustive, mask_of

Path = Sequence[Sequence[int]]


def removed_at(path: Path) -> dict[int, int] | None:
    """layer -> 1 when it is removed first .. L when it stays last; None for a path that is not nested."""
    sets = [*map(set, path), set()]
    gone = [before - after for before, after in pairwise(sets)]
    nested = all(before > after and len(before - after) == 1 for before, after in pairwise(sets))
    if not nested or sets[0] != set(range(len(path))):
        return None
    return {of.pop(): step for step, of in enumerate(gone, start=1)}


def best_on_test(lattice: Lattice) -> dict[int, float]:
    """Size -> highest test accuracy (fraction) of any subset; only of sizes of which every subset was measured."""
    sizes = [size for size in range(1, lattice.layers) if exhaustive(lattice, size)]
    return {size: max(lattice.accuracy(mask, "test") for mask in lattice.of_size(size)) for size in sizes}


def mean_regret(path: Path, lattice: Lattice, best: dict[int, float]) -> float:
    """Mean over sizes L-1 .. 1 of the best test accuracy of that size (`best_on_test`) minus the path's.

    NaN unless the best is known for all sizes. Raises ValueError for an unmeasured subset.
    """
    kept = {len(layers): mask_of(list(layers)) for layers in path}
    regrets = [best[size] - lattice.accuracy(kept[size], "test") for size in best if size in kept]
    return float(np.mean(regrets)) if regrets and len(regrets) == lattice.layers - 1 else float("nan")
