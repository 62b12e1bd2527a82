"""What every test can count on."""

import sys

import pytest


def pytest_collection_modifyitems(items):
    """The longest file first, so that no worker is left alone with it at the end."""
    items.sort(key=lambda item: item.path.name != "test_pipeline.py")


@pytest.fixture(autouse=True, scope="session")
def _tokens_stay_out_of_the_repository(tmp_path_factory):
    """Tokens that tests keep on disk lie in a folder of the run, not among those of the pipeline."""
    tokenization = sys.modules.get("slim.modeling.tokenization")  # not imported for tests that need none
    if tokenization is None:
        yield
        return
    before, tokenization.TOKENS = tokenization.TOKENS, tmp_path_factory.mktemp("tokens")
    yield
    tokenization.TOKENS = before


@pytest.fixture(scope="session")
def data(tmp_path_factory):
    """The folder of made-up measurements of several datasets and seeds."""
    from tests._synthetic import write_all

    folder = tmp_path_factory.mktemp("data")
    write_all(folder)
    return folder


@pytest.fixture(scope="session")
def lines(data):
    """The curves of these measurements."""
    from slim.report.tables._read import read_curves

    from slim.report.tables.curves import curves
    from tests._synthetic import DATASETS, FUSIONS, STRATEGIES

    return curves(read_curves(DATASETS, STRATEGIES, data), FUSIONS)
