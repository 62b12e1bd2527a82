"""Baseline without signals: remove the layer that costs least, measure again, and so on."""

from slim.ranking.fusion import FusionResult
from slim.ranking.fusion_input import FusionInput
from slim.subsets.search import greedy_search


def greedy(inputs: FusionInput) -> FusionResult:
    """Removes the layer without which validation accuracy is highest, again and again, down to one (this project).

    Ties go to the lower validation loss, then to the deeper layer. `evaluations` are the L (L + 1) / 2 - 1 subsets
    tried. Raises ValueError when the lattice lacks one of them.
    """
    path, evaluations = greedy_search(inputs.lattice, None)
    return FusionResult(path=path, fit={"evaluations": evaluations})
