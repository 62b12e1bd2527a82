"""What every test can count on."""

import pytest


def pytest_collection_modifyitems(items):
    """The longest file first, so that no worker is left alone with it at the end."""
    items.sort(key=lambda item: item.path.name != "test_pipeline.py")


@pytest.fixture(autouse=True, scope="session")
def _tokens_stay_out_of_the_repository(tmp_path_factory):
    """Tokens that tests make in this process lie in a folder of the run, not among those of the pipeline."""
    import slim.modeling.tokenization

    before, slim.modeling.tokenization.TOKENS = slim.modeling.tokenization.TOKENS, tmp_path_factory.mktemp("tokens")
    yield
    slim.modeling.tokenization.TOKENS = before
