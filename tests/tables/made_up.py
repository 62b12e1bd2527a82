"""Made-up lattices and measurements for the tables of the exact analysis."""

from tests import builders
from tests._synthetic import DATASETS, SEEDS

LAYERS = 6
CELLS = len(DATASETS) * len(SEEDS)


def exhaustive(layers=4, accuracy_of=None, **more):
    return builders.lattice(layers, accuracy_of, masks=list(range(1 << layers)), **more)
