"""Maxima say accuracy and spread, and frame the best."""

import numpy as np
import pandas as pd
import pytest

from slim.report.figures.maxima import maxima
from tests.figures.frames import Frames, drawn, mesh, printed, row_names, texts


def test_maxima_say_accuracy_and_spread_frame_the_best_and_shade_by_its_distance():
    table = pd.DataFrame({
        "family": ["weight", "fusion", "control"], "strategy": ["weight_entropy", "ridge", "oracle"], "dataset": "d",
        "values": 2, "removed": 1, "accuracy": [0.5, 0.8, 0.9], "spread": [np.nan, 0.012, 0.0], "optimistic": 0.95,
        "optimistic_spread": 0.0, "mean": 0.7, "mean_optimistic": 0.7,
    })  # fmt: skip
    (axes,) = maxima(table).axes
    assert texts(axes) == ["50.0", "80.0", "90.0", " ±1.2", " ±0.0"]
    assert mesh(axes).ravel().tolist() == pytest.approx([30, 0, 0])
    (frame,) = axes.patches
    assert round(frame.get_y() + frame.get_height() / 2, 6) == row_names(axes).index("ridge")


def test_equal_maxima_are_framed_alike_and_a_gap_stays_a_gap():
    table = Frames(2, 1, 4).maxima()
    table.loc[table["dataset"] == "library", "accuracy"] = 0.7
    table = table[(table["strategy"] != "ridge") | (table["dataset"] == "library")]
    table.loc[table["strategy"] == "ridge", "mean"] = np.nan
    (axes,) = maxima(table).axes
    framed = [round(patch.get_x() + patch.get_width() / 2, 6) for patch in axes.patches]
    assert framed.count(0) == len(row_names(axes)) - 1  # all but the oracle
    row = row_names(axes).index("ridge")
    assert mesh(axes).mask[row].tolist() == [False, True, True]
    assert {column for at, column in printed(axes) if at == row} == {0}
    assert [label.get_text() for label in axes.get_xticklabels()] == ["library", "section", "mean"]


def test_one_dataset_has_no_column_of_means():
    (axes,) = drawn("maxima", Frames(1, 1, 4)).axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["library"]
