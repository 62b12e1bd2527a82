"""The control without signals: remove whichever layer costs least, measure again, and so on."""

import numpy as np
from numpy.typing import NDArray

from slim.fusions._fused import Fused
from slim.lattice import Lattice, layers_of


def greedy(signals: NDArray[np.float64], names: list[str], lattice: Lattice) -> Fused:
    """Removes the layer without which validation accuracy is highest, down to one layer (OURS).

    Ties go to the lower validation loss, then to the deeper layer. `evaluations` are the L (L + 1) / 2 - 1 subsets
    tried. Raises ValueError when the lattice lacks one of them.
    """

    def rank(layer: int) -> tuple[float, float, int]:
        rest = mask ^ 1 << layer
        return lattice.accuracy(rest, "validation"), -lattice.loss(rest, "validation"), layer

    mask, evaluations = lattice.full, 0
    path = [layers_of(mask)]
    while len(path[-1]) > 1:
        evaluations += len(path[-1])
        mask ^= 1 << max(path[-1], key=rank)
        path.append(layers_of(mask))
    return Fused(path=path, fit={"evaluations": evaluations})
