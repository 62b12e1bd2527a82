"""Made-up measurements of several datasets and seeds."""

import pytest

from slim.runs import runs
from slim.tables import _read as read
from slim.tables.curves import curves
from tests._synthetic import DATASETS, FUSIONS, GIVEN, SEEDS, write_all
from tests.tables.made_up import STRATEGIES


@pytest.fixture(scope="package")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    write_all(folder)
    return folder


@pytest.fixture(scope="package")
def lattices(data):
    return read.read_lattices(runs(DATASETS, SEEDS), data / "lattice" / "raw")


@pytest.fixture(scope="package")
def lines(data):
    return curves(read.read_curves(DATASETS, STRATEGIES, data), FUSIONS)


@pytest.fixture(scope="package")
def ranked(data):
    return read.read_orders(GIVEN, data), read.read_fused({fusion: {} for fusion in FUSIONS}, data)
