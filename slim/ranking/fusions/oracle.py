"""The ceiling of every order: the best subset of each size."""

from math import comb

from slim.ranking.cases import Case
from slim.ranking.fusions._fused import Fused
from slim.subsets import lattice as subsets
from slim.subsets.lattice import layers_of


def oracle(case: Case) -> Fused:
    """The subset of each size with the highest validation accuracy; its path need not be nested (OURS).

    `evaluations` are all 2^L - 1 subsets. Raises ValueError when one of them was not measured.
    """
    lattice = case.lattice
    sizes = range(lattice.layers, 0, -1)
    missing = [size for size in sizes if len(lattice.of_size(size)) < comb(lattice.layers, size)]
    if missing:
        raise ValueError(
            f"oracle: not every subset of {missing[0]} layers was measured: raise ablate.max_subsets "
            f"(or set fuse.target: raw, where it is a recovery)"
        )
    path = [layers_of(subsets.oracle(lattice, size, "validation")) for size in sizes]
    return Fused(path=path, fit={"evaluations": sum(len(lattice.of_size(size)) for size in sizes)})
