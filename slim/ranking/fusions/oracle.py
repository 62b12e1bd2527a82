"""The upper bound of every order: the best subset of each size."""

from slim.ranking.fusion_input import FusionInput
from slim.ranking.fusions._fusion import FusionResult
from slim.subsets import lattice as subsets
from slim.subsets.lattice import exhaustive, layers_of


def oracle(inputs: FusionInput) -> FusionResult:
    """The subset of each size with the highest validation accuracy; its path need not be nested (this project).

    `evaluations` are all 2^L - 1 subsets. Raises ValueError when one of them was not measured.
    """
    lattice = inputs.lattice
    sizes = range(lattice.layers, 0, -1)
    if missing := [size for size in sizes if not exhaustive(lattice, size)]:
        raise ValueError(
            f"oracle: not every subset of {missing[0]} layers was measured: raise ablate.max_subsets "
            f"(or set fuse.target: raw, where it is a recovery)"
        )
    path = [layers_of(subsets.oracle(lattice, size, "validation")) for size in sizes]
    return FusionResult(path=path, fit={"evaluations": sum(len(lattice.of_size(size)) for size in sizes)})
