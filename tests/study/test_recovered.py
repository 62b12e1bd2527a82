"""A row a set and budget, before and after recovery."""

from dataclasses import replace

import pandas as pd
import pytest

from slim.report.study.recovered import COLUMNS as RECOVERED
from slim.report.study.recovered import recovered
from slim.subsets.lattice import mask_of
from tests.builders import lattice
from tests.study.planted import BUDGETS, DOWN, UP, additive, at, masks, only


def test_recovered_has_a_row_a_set_and_budget_and_says_how_long(planted):
    table = recovered([planted], BUDGETS)
    assert list(table.columns) == RECOVERED
    assert len(table) == 3 * len(masks(6))
    row = only(table, kept="0-3-5", budget="long")
    assert (row["layers"], row["epochs"], pd.isna(row["steps"])) == (3, 1.0, True)
    assert row["test_accuracy"] == pytest.approx(additive(UP)(mask_of([0, 3, 5])), abs=1e-3)
    assert (only(table, kept="0", budget="none")["steps"], only(table, kept="0", budget="short")["steps"]) == (0, 50)
    assert len(at(table, kept="0-1-2-3-4-5")) == 3
    assert table["budget"].unique().tolist() == ["none", "short", "long"]


def test_sets_that_the_raw_lattice_lacks_have_no_row_before_recovery(planted):
    sparse = replace(planted, raw=lattice(6, additive(DOWN), masks=[mask_of([0, 1]), 63]))
    assert at(recovered([sparse], BUDGETS), budget="none")["kept"].tolist() == ["0-1", "0-1-2-3-4-5"]
    assert sparse.exhaustive_sizes("none") == [] and sparse.exhaustive_sizes("long") == [1, 2, 3]
