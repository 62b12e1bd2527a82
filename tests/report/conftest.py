"""Made-up measurements, what the report makes of them, and what its stage writes."""

import pytest

from slim.tables._read import read_curves, read_results
from slim.tables.curves import curves
from slim.tables.results import results
from tests._synthetic import DATASETS, FUSIONS, SEEDS, STUDENTS, write_all
from tests.report.made_up import STRATEGIES, every_table, reported


@pytest.fixture(scope="package")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    write_all(folder)
    return folder


@pytest.fixture(scope="package")
def lines(data):
    return curves(read_curves(DATASETS, STRATEGIES, data), FUSIONS)


@pytest.fixture(scope="package")
def found(data):
    return results(read_results(DATASETS, SEEDS, STUDENTS, data))


@pytest.fixture(scope="package")
def tables(data):
    return every_table(data)


@pytest.fixture(scope="package")
def twice(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        return [reported(data, folder / name, patch) for name in ("one", "two")]
