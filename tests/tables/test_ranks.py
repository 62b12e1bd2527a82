"""Mean ranks, their tests and groups."""

import numpy as np
import pandas as pd
import pytest

from slim.report.tables.ranks import groups, ranks
from tests._synthetic import STRATEGIES
from tests.tables.made_up import CELLS


def _blocks(accuracy):
    """strategy -> its accuracy by block; two depths around it."""
    rows = [
        {"dataset": f"d{block}", "seed": 0, "strategy": name, "family": "other", "draw": 0, "removed": k,
         "test_accuracy": 0.99 if k == 0 else value + 0.1 * (k - 1.5)}
        for name, values in accuracy.items() for block, value in enumerate(values) for k in (0, 1, 2)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_ranks_of_three_in_four_blocks():
    """Ranks 1 2 3, 1 2 3, 1 3 2 and 1.5 1.5 3."""
    table = ranks(_blocks({"a": [0.9, 0.9, 0.9, 0.8], "b": [0.8, 0.8, 0.7, 0.8], "c": [0.7, 0.7, 0.8, 0.1]}))
    assert list(table.columns) == [
        "strategy", "family", "mean_rank", "blocks", "strategies", "friedman_p", "critical_difference",
    ]  # fmt: skip
    assert table["strategy"].tolist() == ["a", "b", "c"]
    assert table["mean_rank"].tolist() == pytest.approx([4.5 / 4, 8.5 / 4, 11 / 4])
    assert (table["blocks"].iloc[0], table["strategies"].iloc[0]) == (4, 3)
    assert table["critical_difference"].iloc[0] == pytest.approx(2.343 * np.sqrt(3 * 4 / 24), abs=0.001)
    assert groups(table) == [["a", "b", "c"]]
    apart = table.assign(critical_difference=1.2)
    assert groups(apart) == [["a", "b"], ["b", "c"]]


def test_one_block_has_ranks_but_no_test():
    table = ranks(_blocks({"a": [0.5], "b": [0.6]}))
    assert table["strategy"].tolist() == ["b", "a"] and table["mean_rank"].tolist() == [1, 2]
    assert table["friedman_p"].isna().all() and table["critical_difference"].isna().all()
    assert groups(table) == []


def test_the_oracle_and_blocks_with_gaps_are_left_out():
    table = _blocks({"a": [0.5, 0.6], "b": [0.6, 0.5], "oracle": [0.9, 0.9]})
    assert set(ranks(table)["strategy"]) == {"a", "b"}
    less = table[(table["strategy"] != "a") | (table["dataset"] != "d0")]
    assert ranks(less)["blocks"].tolist() == [1, 1]


def test_ranks_over_the_made_up_runs(lines):
    table = ranks(lines)
    assert set(table["blocks"]) == {CELLS} and set(table["strategies"]) == {len(STRATEGIES) - 1}
    assert table["mean_rank"].mean() == pytest.approx(len(STRATEGIES) / 2)
    assert 0 < table["friedman_p"].iloc[0] < 1
