"""What DVC compares, and the summary in Markdown."""

import re

import numpy as np
import pandas as pd
import pytest

from slim.report.summary import by_strategy, headline, summary
from slim.report.tables import _format as form
from slim.report.tables.maxima import maxima
from tests._synthetic import DATASETS, STRATEGIES
from tests.report.made_up import UNMEASURED, said


def test_what_dvc_compares_has_datasets_and_their_mean(lines, found):
    numbers = by_strategy(maxima(lines))
    assert set(numbers) == set(STRATEGIES)
    assert set(numbers["weight_entropy"]) == {*DATASETS, "mean"}
    top = headline(found, maxima(lines), student="random_forest")
    assert set(top) == {"teacher", "distilled", "teacher_helped", "ratio", "fusion_over_greedy"}
    assert top["ratio"] == pytest.approx(1.28)


def test_a_number_that_was_not_measured_is_absent_from_the_headline(found, lines):
    partly = found.assign(ratio=np.nan)
    assert "ratio" not in headline(partly, maxima(lines), student="random_forest")
    assert "distilled" not in headline(found, maxima(lines), student="nobody")


def test_the_summary_is_markdown_whose_rows_are_as_wide_as_its_heads(tables):
    text = summary(tables["results"], tables["maxima"], said(tables))
    blocks = [block for block in text.split("\n\n") if block.startswith("|")]
    assert [len({line.count("|") for line in table.splitlines()}) for table in blocks] == [1, 1]
    assert not re.search(UNMEASURED, text)
    assert len(text.splitlines()) <= 60  # it stands in the README


def test_numbers_as_people_read_them():
    assert form.percent(0.85124) == "85.1"
    assert form.points(-0.0125001) == "−1.3" and form.points(0.004) == "+0.4"
    assert form.points(-0.0001) == "+0.0" and form.number(-0.0001, ".1f") == "0.0"
    assert form.percent(np.nan) == form.megabytes(pd.NA) == form.interval(np.nan, 1.0) == form.times(None) == ""
