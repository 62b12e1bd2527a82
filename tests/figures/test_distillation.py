"""What ways to teach gain."""

import pytest

from slim.report.figures.distillation import distillation
from tests.figures.frames import Frames, row_names, texts


def test_the_gain_of_a_variant_is_a_dot_with_its_interval():
    table = Frames(1, 1).distillation()
    (axes,) = distillation(table).axes
    assert row_names(axes) == [name.replace("_", " ") for name in table["variant"]]
    dots = [line.get_xdata()[0] for line in axes.lines if line.get_marker() == "o"]
    assert dots == pytest.approx((100 * table["over_control"]).tolist())
    assert texts(axes)[0] == f"{100 * table['accuracy'].iloc[0]:.1f} · 125"
