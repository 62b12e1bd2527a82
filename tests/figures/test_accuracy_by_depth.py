"""Curves go through means over seeds, and bands from the lowest to the highest."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from slim.report.figures._style import COLOURS
from slim.report.figures.accuracy_by_depth import accuracy_by_depth
from tests.figures.frames import Frames, drawn


def bands(axes):
    return [each.get_paths()[0].vertices for each in axes.collections]


def family_panel(figure, family):
    return next(axes for axes in figure.axes if axes.get_title(loc="left") == family)


def test_bands_reach_from_the_lowest_seed_to_the_highest():
    frames = Frames(1, 3, 4)
    curves = frames.curves()
    figure = accuracy_by_depth(curves[curves["strategy"].isin(["ridge", "oracle", "random"])])
    (band,) = bands(family_panel(figure, "fusion"))
    own = curves[curves["strategy"] == "ridge"].groupby("removed")["test_accuracy"].agg(["min", "max"])
    for removed, ends in own.iterrows():
        at = band[band[:, 0] == removed, 1]
        assert (at.min(), at.max()) == pytest.approx((ends["min"], ends["max"]))
    (band,) = bands(family_panel(figure, "control"))
    draws = curves[curves["strategy"] == "random"].groupby(["draw", "removed"])["test_accuracy"].mean()
    at = band[band[:, 0] == 3, 1]
    assert (at.min(), at.max()) == pytest.approx((draws.unstack()[3].min(), draws.unstack()[3].max()))


def test_one_seed_has_no_band_but_that_of_random_draws():
    figure = drawn("accuracy_by_depth", Frames(1, 1, 4))
    counts = {axes.get_title(loc="left"): len(axes.collections) for axes in figure.axes}
    assert {family for family, count in counts.items() if count} == {"control"} and "one seed" in figure.texts[
        0
    ].get_text()


def test_a_curve_goes_through_the_means_over_seeds():
    curves = Frames(1, 3, 4).curves()
    axes = family_panel(accuracy_by_depth(curves), "attention")
    want = curves[curves["strategy"] == "attention_entropy"].groupby("removed")["test_accuracy"].mean().to_numpy()
    coloured = [line for line in axes.lines if to_hex(line.get_color()) == COLOURS["attention"].lower()]
    assert any(len(line.get_ydata()) == 4 and np.allclose(line.get_ydata(), want) for line in coloured)
