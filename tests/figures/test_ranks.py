"""Ranks and what the critical difference cannot tell apart."""

import numpy as np
import pandas as pd
import pytest

from slim.report.figures.ranks import ranks
from tests.figures.frames import Frames, drawn, texts


def test_ranks_join_what_the_critical_difference_cannot_tell_apart():
    table = pd.DataFrame({
        "strategy": ["a", "b", "c", "d"], "family": "fusion", "mean_rank": [1.0, 1.8, 2.9, 4.0], "blocks": 9,
        "strategies": 4, "friedman_p": 0.01, "critical_difference": 1.5,
    })  # fmt: skip
    (axes,) = ranks(table).axes
    dots = [(line.get_xdata()[0], line.get_ydata()[0]) for line in axes.lines if line.get_marker() == "o"]
    assert dots == list(zip(table["mean_rank"], range(4), strict=True))
    joined = [tuple(np.round(line.get_ydata()).astype(int)) for line in axes.lines if line.get_linewidth() > 2.5]
    assert joined == [(0, 1), (1, 2), (2, 3)] and "CD 1.5" in texts(axes)


@pytest.mark.parametrize(("difference", "marks"), [(1.5, ["|", "|"]), (9.0, ["|", ">"])])
def test_a_ruler_is_as_long_as_the_critical_difference_or_goes_beyond_the_axis(difference, marks):
    table = Frames(2, 1).ranks().iloc[:6].assign(critical_difference=difference, strategies=6)
    (axes,) = ranks(table.assign(mean_rank=range(1, 7))).axes
    ruler = [line for line in axes.lines if line.get_marker() in "|>"]
    assert [line.get_marker() for line in ruler] == marks
    length = ruler[1].get_xdata()[0] - ruler[0].get_xdata()[0]
    assert length == pytest.approx(difference) if marks[1] == "|" else length < difference


def test_one_block_has_no_critical_difference_and_says_so():
    figure = drawn("ranks", Frames(1, 1))
    assert "no critical difference" in " ".join(figure.texts[0].get_text().split())
    assert not [line for line in figure.axes[0].lines if line.get_linewidth() > 2.5]
