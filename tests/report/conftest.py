"""Synthetic measurements, the tables they give, and everything that the stage writes of them, once."""

from pathlib import Path
from types import SimpleNamespace

import pytest

import stages.report
from slim.report.read import read_measurements
from slim.report.tables import report_tables
from tests import synthetic

LEVEL = 0.95


def measured(data, datasets=synthetic.DATASETS, seeds=synthetic.SEEDS):
    return read_measurements(datasets, seeds, synthetic.RECIPES, synthetic.OPTIONS, synthetic.FUSION_OPTIONS, data)


def tables_of(data, datasets=synthetic.DATASETS, seeds=synthetic.SEEDS):
    return report_tables(measured(data, datasets, seeds), resamples=300, level=LEVEL)


@pytest.fixture(scope="session")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("measured")
    synthetic.write_all(folder)
    return folder


@pytest.fixture(scope="session")
def tables(data):
    return tables_of(data)


@pytest.fixture(scope="session")
def one_seed(tmp_path_factory):
    """The tables of one dataset with one seed."""
    folder = tmp_path_factory.mktemp("one_seed")
    synthetic.write_all(folder, ("reuters_r8",), (0,))
    return tables_of(folder, ("reuters_r8",), (0,))


@pytest.fixture(scope="session")
def written(data, tmp_path_factory):
    """Path -> bytes of everything the stage writes under reports/."""
    folder = tmp_path_factory.mktemp("run")
    (folder / "data").symlink_to(data)
    grid = SimpleNamespace(datasets=list(synthetic.DATASETS), seeds=list(synthetic.SEEDS))
    params = SimpleNamespace(
        grid=grid, strategies=synthetic.OPTIONS, fusions=synthetic.FUSION_OPTIONS, prune=synthetic.PRUNE,
        distill=synthetic.DISTILL, compress=synthetic.COMPRESS, baselines=synthetic.BASELINES,
        evaluate=SimpleNamespace(resamples=300, level=LEVEL), ship=SimpleNamespace(recipe="half_distilled"),
    )  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(stages.report, "load", lambda: params)
        stages.report.report()
    files = [path for path in sorted((folder / "reports").rglob("*")) if path.is_file()]
    return {str(path.relative_to(folder / "reports")): Path(path).read_bytes() for path in files}
