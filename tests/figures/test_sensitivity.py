"""Dumbbells go from the default to the change."""

import pytest

from slim.report.figures.sensitivity import sensitivity
from tests.figures.frames import Frames, row_names, texts


def test_dumbbells_go_from_the_default_to_the_change():
    table = Frames(1, 2).sensitivity()
    (axes,) = sensitivity(table).axes
    row = row_names(axes).index("ridge · rows: trajectories → lattice")
    of = table[(table["strategy"] == "ridge") & (table["value"] == "lattice")][
        ["default_regret", "test_regret", "tau"]
    ]
    line = next(line for line in axes.lines if list(line.get_ydata()) == [row, row] and line.get_alpha())
    assert line.get_xdata() == pytest.approx(100 * of.mean().to_numpy()[:2])
    assert f"{of['tau'].mean():.2f}".replace("-", "−") in texts(axes)


def test_a_change_that_one_dataset_lacks_leaves_its_row_empty():
    table = Frames(2, 1).sensitivity()
    less = table[(table["dataset"] == "library") | (table["strategy"] != "ridge")]
    counts = [sum(line.get_marker() == "o" for line in axes.lines) for axes in sensitivity(less).axes]
    assert counts[0] - counts[1] == 4
