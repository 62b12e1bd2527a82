"""Signals measured once and again."""

import numpy as np
import pytest

from slim.report.figures.schedules import schedules
from tests._synthetic import SIGNALS
from tests.figures.frames import FUSIONS, Frames, marks, row_names


def test_schedules_go_from_measured_once_to_measured_again_below_the_means_of_each_kind():
    table = Frames(2, 2).schedules()
    axes, names = schedules(table).axes[1], row_names(schedules(table).axes[0])
    assert names[:2] == ["mean of signals", "mean of fusions"] and len(names) == 2 + len(SIGNALS) + len(FUSIONS)
    for name, said in (("fusions", "mean of fusions"), ("ridge", "ridge"), ("weight_entropy", "weight entropy")):
        of = table[(table["dataset"] == "section") & (table["strategy"] == name)].drop(columns=["dataset", "family"])
        mean, row = of.drop(columns=["strategy"]).mean(), names.index(said)
        ends = 100 * mean[["one_shot_regret", "iterative_regret"]]
        (line,) = [line for line in axes.lines if list(line.get_ydata()) == [row, row] and line.get_alpha()]
        assert line.get_xdata() == pytest.approx(ends.to_numpy())
        dots = [line for line in axes.lines if line.get_marker() == "o" and list(line.get_ydata()) == [row]]
        assert [dot.get_markerfacecolor() == "white" for dot in dots] == [True, False]
        assert [dot.get_xdata()[0] for dot in dots] == pytest.approx(ends.tolist())
        beside = [text.get_text() for text in axes.texts if text.get_position()[1] == row]
        change, low, high = 100 * mean[["difference", "difference_low", "difference_high"]]
        want = [f"{mean['tau']:.2f}", f"{change:+.1f} [{low:+.1f}, {high:+.1f}]"]
        assert beside == [number.replace("-", "−") for number in want]


def test_the_same_order_has_no_change_and_what_was_not_measured_no_row():
    table = Frames(2, 1).schedules()
    regrets = ["one_shot_regret", "iterative_regret", "difference", "difference_low", "difference_high"]
    ridge = table["strategy"] == "ridge"
    table.loc[ridge, regrets[2:]] = 0.0
    table.loc[ridge & (table["dataset"] == "section"), regrets] = np.nan
    library, section = schedules(table).axes
    row = row_names(library).index("ridge")
    assert [text.get_text() for text in library.texts if text.get_position()[1] == row][1] == "none"
    assert len(marks(library)) - len(marks(section)) == 2
    assert not schedules(table.assign(iterative_regret=np.nan)).axes
