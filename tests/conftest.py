"""What every test can count on."""

import pytest


def pytest_collection_modifyitems(items):
    """The longest files first, so that no worker is left alone with one of them at the end."""
    longest = ["test_pipeline.py", "test_workers.py", "test_extension.py"]
    items.sort(key=lambda item: longest.index(item.path.name) if item.path.name in longest else len(longest))


@pytest.fixture(autouse=True, scope="session")
def _tokens_stay_out_of_the_repository(tmp_path_factory):
    """Tokens that tests make in this process lie in a folder of the run, not among those of the pipeline."""
    import slim.modeling.tokenization

    before, slim.modeling.tokenization.TOKENS = slim.modeling.tokenization.TOKENS, tmp_path_factory.mktemp("tokens")
    yield
    slim.modeling.tokenization.TOKENS = before
