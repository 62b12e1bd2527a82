"""Weights are marks by signal."""

import pytest

from slim.report.figures.fusion_weights import fusion_weights
from tests.figures.frames import Frames, row_names


def test_weights_are_marks_by_signal_in_points_or_as_they_are():
    table = Frames(2, 1).weights()
    figure = fusion_weights(table)
    panels = {axes.get_title(loc="left"): axes for axes in figure.axes}
    for fusion, scale in {"ridge": 100, "random forest": 1}.items():
        axes = panels[fusion]
        of = table[(table["fusion"] == fusion.replace(" ", "_")) & (table["signal"] == "weight_sparsity")]
        row = row_names(axes).index("weight sparsity")
        dots = [line for line in axes.lines if len(line.get_xdata()) == 1 and abs(line.get_ydata()[0] - row) < 0.5]
        assert [dot.get_xdata()[0] for dot in dots] == pytest.approx((scale * of["weight"]).tolist())
        assert len({dot.get_marker() for dot in dots}) == 2
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["library", "section"]
