"""Made-up measurements, what the report makes of them, and what its stage writes."""

import pytest

from slim.report.tables._read import read_results
from slim.report.tables.results import results
from tests._synthetic import DATASETS, SEEDS, STUDENTS
from tests.report.made_up import every_table, reported


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
