"""Accuracy before and after recovery, and what predicts it."""

import numpy as np
import pytest

from slim.report.figures.recovered_regret import recovered_regret
from slim.report.figures.recovery import recovery
from slim.report.figures.recovery_correlations import recovery_correlations
from tests.figures.frames import BUDGETS, Frames, mesh, row_names


def test_recovered_regret_shows_the_default_of_each_strategy_and_what_recovered_greedy_was_told():
    table = Frames(1, 2, 6).recovered_regret()
    figure = recovered_regret(table)
    axes = figure.axes[0]
    assert [text.get_text() for text in figure.texts[1:]] == [f"{n} layers removed" for n in (3, 4, 5)]
    assert axes.get_xticklabels()[0].get_text() == "no\ntraining"
    of = table[(table["strategy"] == "ridge") & (table["removed"] == 3) & (table["schedule"] == "one_shot")]
    want = 100 * of.groupby("budget", sort=False)["test_regret"].mean()
    assert mesh(axes)[row_names(axes).index("ridge")].tolist() == pytest.approx(want.tolist())
    greedy = mesh(axes)[row_names(axes).index("recovered greedy")]
    assert greedy.mask.tolist() == [True, *[False] * 4] and greedy[1:].tolist() == pytest.approx([0.5] * 4)
    assert [mesh(each).shape[1] for each in figure.axes] == [5, 3, 3]
    assert not mesh(figure.axes[1])[:-1].mask.any()


def test_recovery_draws_a_mark_a_set_and_the_teacher():
    table = Frames(2, 2, 4).recovered()
    figure = recovery(table)
    assert [text.get_text() for text in figure.texts[1:5]] == [budget.replace("_", " ") for budget in BUDGETS[1:]]
    axes = figure.axes[5]  # section, fifty steps
    of = table[(table["dataset"] == "section") & (table["layers"] == 2)].set_index(["seed", "kept"])
    raw, after = (of[of["budget"] == budget]["test_accuracy"] for budget in ("none", "fifty_steps"))
    pairs = {(round(x, 9), round(y, 9)) for x, y in zip(100 * raw, 100 * after.reindex(raw.index), strict=True)}
    marks = [
        set(zip(np.round(line.get_xdata(), 9), np.round(line.get_ydata(), 9), strict=True)) for line in axes.lines
    ]
    assert pairs in marks
    assert any(len(set(np.atleast_1d(line.get_ydata()))) == 1 and line.get_ydata()[0] == pytest.approx(70)
               for line in axes.lines)  # fmt: skip


def test_recovery_without_the_intact_model_has_no_line_for_it():
    table = Frames(1, 1, 4).recovered()
    axes = recovery(table[table["layers"] < 4]).axes[0]
    assert not [line for line in axes.lines if line.get_marker() == "*" and len(line.get_xdata())]
    assert "all layers" not in [text.get_text() for text in axes.get_figure().legends[0].get_texts()]


def test_correlations_of_the_size_with_most_sets_have_a_panel_a_budget():
    table = Frames(2, 1, 6).recovery_correlations()
    figure = recovery_correlations(table)
    assert "sets of 3 layers" in " ".join(figure.texts[0].get_text().split())
    titles = [axes.get_title(loc="left").strip() for axes in figure.axes]
    assert titles[::5] == ["all datasets", "library", "section"] and len(titles) == 15
    axes, names = figure.axes[6], row_names(figure.axes[0])
    assert names[0] == "recovered validation" and set(names[1:3]) == {"raw accuracy", "raw loss"}
    of = table[(table["dataset"] == "library") & (table["budget"] == "tenth_of_epoch") & (table["layers"] == 3)]
    ridge, row = of[of["predictor"] == "ridge"].iloc[0], names.index("ridge")
    drawn_here = [line for line in axes.lines if set(line.get_ydata()) == {row}]
    assert [line.get_xdata().tolist() for line in drawn_here] == [pytest.approx([ridge["low"], ridge["high"]]),
                                                                  pytest.approx([ridge["rho"]])]  # fmt: skip


def test_a_predictor_that_was_not_measured_has_no_dot():
    table = Frames(1, 1, 6).recovery_correlations()
    table.loc[table["predictor"] == "ridge", ["rho", "low", "high"]] = np.nan
    axes = recovery_correlations(table).axes[0]
    row = row_names(axes).index("ridge")
    assert not [line for line in axes.lines if set(line.get_ydata()) == {row}]
