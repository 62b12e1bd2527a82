"""Made-up measurements of several datasets and seeds."""

import pytest

from slim.report.tables import _read as read
from slim.utils.grid import runs
from tests._synthetic import DATASETS, FUSIONS, GIVEN, SEEDS


@pytest.fixture(scope="package")
def lattices(data):
    return read.read_lattices(runs(DATASETS, SEEDS), data / "lattice" / "raw")


@pytest.fixture(scope="package")
def ranked(data):
    return read.read_orders(GIVEN, data), read.read_fused({fusion: {} for fusion in FUSIONS}, data)
