"""What the paths of strategies come to: when a layer goes, and how much test accuracy is lost on the way."""

from collections.abc import Sequence

import numpy as np
from scipy.stats import kendalltau

from slim.subsets.lattice import Lattice, exhaustive, layers_of, mask_of

Path = Sequence[Sequence[int]]
"""Retained layers after k = 0 .. L-1 removals."""


def removed_at(path: Path) -> dict[int, int] | None:
    """layer -> 1 when it is removed first .. L when it stays last; None for a path that is not nested."""
    masks = [mask_of(list(kept)) for kept in path]
    gone = [before & ~after for before, after in zip(masks, [*masks[1:], 0], strict=True)]
    one_at_a_time = all(
        mask.bit_count() == 1 and before == after | mask
        for mask, before, after in zip(gone, masks, [*masks[1:], 0], strict=True)
    )
    if not masks or masks[0] != (1 << len(masks)) - 1 or not one_at_a_time:
        return None
    return {layers_of(mask)[0]: step for step, mask in enumerate(gone, start=1)}


def tau(first: Path, second: Path) -> float:
    """Kendall's tau-b between two orders of removal, 1 for the same one; NaN unless both paths are nested."""
    one, other = removed_at(first), removed_at(second)
    if one is None or other is None:
        return float("nan")
    layers = sorted(one)
    return float(kendalltau([one[layer] for layer in layers], [other[layer] for layer in layers]).statistic)


def half(layers: int) -> int:
    """Half the layers, halves rounded up, as `prune.fixed` does."""
    return (layers + 1) // 2


def best_on_test(lattice: Lattice) -> dict[int, float]:
    """size -> highest test accuracy (share) of any subset; only of sizes of which every subset was measured."""
    sizes = [size for size in range(1, lattice.layers) if exhaustive(lattice, size)]
    return {size: max(lattice.accuracy(mask, "test") for mask in lattice.of_size(size)) for size in sizes}


def test_regrets(path: Path, lattice: Lattice, best: dict[int, float]) -> dict[int, float]:
    """size -> best test accuracy of that size minus the path's, for sizes L-1 .. 1; only where the best is known.

    `best` is what `best_on_test` gives for the lattice. Raises ValueError for an unmeasured subset.
    """
    kept = {len(layers): mask_of(list(layers)) for layers in path}
    return {size: best[size] - lattice.accuracy(kept[size], "test") for size in best if size in kept}


test_regrets.__test__ = False  # type: ignore[attr-defined]  # not a test, whatever its name begins with


def mean_regret(path: Path, lattice: Lattice, best: dict[int, float]) -> float:
    """Mean of `test_regrets` over sizes L-1 .. 1; NaN unless all of them are known."""
    found = test_regrets(path, lattice, best)
    return float(np.mean(list(found.values()))) if found and len(found) == lattice.layers - 1 else float("nan")


def regret_at_half(path: Path, lattice: Lattice, best: dict[int, float]) -> float:
    """The regret at `half` of the layers; NaN where it is not known."""
    return test_regrets(path, lattice, best).get(half(lattice.layers), float("nan"))
