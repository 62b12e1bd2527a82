"""The upper bound of every order: the best subset of each size."""

from slim.ranking.fusion import FusionResult
from slim.ranking.fusion_input import FusionInput
from slim.subsets import lattice as subsets
from slim.subsets.lattice import exhaustive, layers_of


def oracle(inputs: FusionInput) -> FusionResult:
    """The subset of each size with the highest validation accuracy; its path need not be nested (this project).

    Only of sizes of which every subset was measured: of the others nobody knows the best. `evaluations` are all
    subsets of these sizes, 2^L - 1 where all were measured.
    """
    lattice = inputs.lattice
    sizes = [size for size in range(lattice.layers, 0, -1) if exhaustive(lattice, size)]
    path = [layers_of(subsets.oracle(lattice, size, "validation")) for size in sizes]
    return FusionResult(path=path, fit={"evaluations": sum(len(lattice.of_size(size)) for size in sizes)})
