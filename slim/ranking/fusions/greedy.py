"""The control without signals: remove whichever layer costs least, measure again, and so on."""

from slim.ranking.cases import Case
from slim.ranking.fusions._fused import Fused
from slim.subsets.search import greedy_within


def greedy(case: Case) -> Fused:
    """Removes the layer without which validation accuracy is highest, down to one layer (OURS).

    Ties go to the lower validation loss, then to the deeper layer. `evaluations` are the L (L + 1) / 2 - 1 subsets
    tried. Raises ValueError when the lattice lacks one of them.
    """
    path, evaluations = greedy_within(case.lattice, None)
    return Fused(path=path, fit={"evaluations": evaluations})
