"""What every test can count on."""

from collections.abc import Iterator

import pytest

from tests.warm import warm_python


@pytest.fixture(autouse=True, scope="session")
def _tokens_stay_out_of_the_repository(tmp_path_factory):
    """Tokens that tests make in this process lie in a folder of the run, not among those of the pipeline."""
    import slim.modeling.tokenization

    before, slim.modeling.tokenization.TOKENS = slim.modeling.tokenization.TOKENS, tmp_path_factory.mktemp("tokens")
    yield
    slim.modeling.tokenization.TOKENS = before


@pytest.fixture(scope="session")
def warm(tmp_path_factory) -> Iterator[str]:
    """The PATH under which `python` starts at once."""
    with warm_python(tmp_path_factory.mktemp("warm")) as path:
        yield path
