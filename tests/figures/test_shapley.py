"""What layers are worth, alone and in pairs."""

import pandas as pd
import pytest

from slim.report.figures.interactions import interactions
from slim.report.figures.shapley import shapley
from tests.figures.frames import Frames, printed, row_names


def test_interactions_fill_the_cells_of_their_pairs():
    table = pd.DataFrame({"dataset": "d", "seed": [0, 1, 0], "first": [0, 0, 1], "second": [2, 2, 2],
                          "interaction": [0.01, 0.03, -0.1]})  # fmt: skip
    (axes,) = interactions(table).axes
    assert printed(axes) == {(0, 1): "+2.0", (1, 1): "−10.0"}
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1", "2"] and row_names(axes) == ["0", "1"]


def test_shapley_bars_are_means_in_points():
    table = Frames(1, 2, 4).shapley()
    (axes,) = shapley(table).axes
    want = 100 * table.groupby("layer")["shapley"].mean()
    assert [bar.get_height() for bar in axes.patches] == pytest.approx(want.tolist())
    alone = next(line for line in axes.lines if line.get_marker() == "o")
    assert alone.get_ydata().tolist() == pytest.approx((150 * table.groupby("layer")["shapley"].mean()).tolist())
