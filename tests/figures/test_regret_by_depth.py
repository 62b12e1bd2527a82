"""Regret prints its means, and nothing where nothing was measured."""

import numpy as np

from slim.report.figures.regret_by_depth import regret_by_depth
from tests.figures.frames import Frames, drawn, printed, row_names


def test_regret_that_was_not_measured_is_not_drawn():
    assert not drawn("regret_by_depth", Frames(1, 1, 4), test_regret=np.nan).axes


def test_regret_prints_the_mean_of_every_cell_and_of_every_row():
    curves = Frames(2, 2, 4).curves()
    figure = regret_by_depth(curves)
    axes = figure.axes[1]
    row = row_names(axes).index("ridge")
    of = curves[(curves["dataset"] == "section") & (curves["strategy"] == "ridge")]
    means = 100 * of.groupby("removed")["test_regret"].mean().loc[1:]
    assert [printed(axes)[row, column] for column in range(4)] == [f"{v:.1f}" for v in [*means, means.mean()]]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1", "2", "3", "mean"]
