"""The page of peers: who is above our front, and what it says of tools; the tools themselves are not installed."""

import pandas as pd
import pytest

from benchmarks.peers import __main__ as peers


@pytest.fixture
def rows():
    """A recipe of ours at 30 MB, 82 %, one at 5 MB, 80 %; a peer at 30 MB."""
    known = {"dataset": "movies", "seeds": 3, "low": 0.7, "high": 0.9, "verdict": None}
    return pd.DataFrame([
        known | {"recipe": "small", "stage": "compress", "accuracy": 0.80, "bytes": 5e6, "difference": -0.02},
        known | {"recipe": "half_distilled", "stage": "distill", "accuracy": 0.82, "bytes": 3e7},
        known | {"recipe": "mergekit_every_other", "stage": "peer", "accuracy": 0.81, "bytes": 3e7,
                 "difference": -0.01, "difference_low": -0.03, "difference_high": 0.01, "verdict": "undecided"},
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("accuracy", "size", "above"), [(0.81, 3e7, False), (0.821, 3e7, True), (0.81, 1e7, True), (0.79, 1e7, False)]
)
def test_a_peer_is_above_our_front_where_none_of_ours_is_as_small_and_as_good(accuracy, size, above, rows):
    rows.loc[2, ["accuracy", "bytes"]] = [accuracy, size]
    assert peers.dominating(rows) == (["mergekit_every_other"] if above else [])


@pytest.mark.parametrize(
    ("accuracy", "size", "higher"), [(0.81, 3e7, False), (0.83, 3.01e7, True), (0.83, 4e7, False)]
)
def test_a_peer_that_reads_higher_at_the_same_size_is_named(accuracy, size, higher, rows):
    rows.loc[2, ["accuracy", "bytes"]] = [accuracy, size]
    assert peers.ahead(rows) == (["mergekit_every_other"] if higher else [])


def test_the_page_names_tools_versions_steps_and_winners(rows, monkeypatch, tmp_path):
    monkeypatch.setattr(peers, "version", lambda _: "1.0")
    monkeypatch.setattr(peers, "read_split", lambda *_: type("Split", (), {"inputs": ["text"] * 320}))
    text = peers.page(rows, "movies")
    assert "none of the peers" in text and "3 seeds" in text
    assert "| mergekit_every_other | mergekit 1.0 | 30.0 | 81.0 [70.0, 90.0] | −1.0 [−3.0, +1.0] | undecided |" in text
    assert "| half_distilled |  | 30.0 | 82.0 [70.0, 90.0] |  |  |" in text
    rows.loc[2, "accuracy"] = 0.9
    assert "Above the front of our models: mergekit_every_other." in peers.page(rows, "movies")
