"""The spread between sets beside chance."""

import pytest

from slim.report.figures._budgets import two_lines
from slim.report.figures.noise import noise
from tests.figures.frames import BUDGETS, Frames, marks, overlaps, texts, trained


def test_spreads_are_means_over_seeds_beside_chance_in_a_panel_a_size():
    table = Frames(2, 2).noise()
    figure = noise(table)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["library"] * 3 + ["section"] * 3
    assert [text.get_text() for text in figure.texts[1:4]] == ["1 layer stays", "2 layers stay", "3 layers stay"]
    for axes, layers in ((figure.axes[3], 1), (figure.axes[5], 3)):
        of = table[(table["dataset"] == "section") & (table["layers"] == layers)]
        budgets = [budget for budget in BUDGETS if trained(budget, layers)]
        means = 100 * of.groupby("budget")[["spread", "paired_noise", "worst", "best"]].mean().loc[budgets]
        assert marks(axes) == [(i, pytest.approx(spread)) for i, spread in enumerate(means["spread"])]
        chance = next(line.get_ydata() for line in axes.lines if len(line.get_xdata()) == len(budgets) + 2)
        assert chance[1:-1] == pytest.approx(means["paired_noise"].to_numpy())
        assert {f"{value:.1f}" for value in means[["spread", "paired_noise"]].to_numpy().ravel()} < set(texts(axes))
        times = (means["spread"] / means["paired_noise"]).iloc[-1]
        assert (f"{times:.0f}×" if times >= 9.95 else f"{times:.1f}×") in texts(axes)
        seeds = [line.get_ydata().tolist() for line in axes.lines if line.get_marker() == "_"]
        assert seeds[-1] == pytest.approx((100 * of.loc[of["budget"] == budgets[-1], "spread"]).tolist())
        labels = [label.get_text() for label in axes.get_xticklabels()]
        assert labels == [f"{two_lines(budget)}\n{row['worst']:.0f}–{row['best']:.0f} %"
                          for budget, row in means.iterrows()]  # fmt: skip


def test_sets_that_are_not_shown_to_differ_are_hollow():
    table = Frames(1, 2).noise().assign(p=0.01)
    assert len(noise(table).legends[0].get_texts()) == 2
    table.loc[(table["layers"] == 3) & (table["budget"] == "half_epoch") & (table["seed"] == 1), "p"] = 0.3
    figure = noise(table)
    fills = [line.get_markerfacecolor() for line in figure.axes[2].lines if line.get_marker() == "o"]
    assert [fill == "white" for fill in fills] == [budget == "half_epoch" for budget in BUDGETS]
    assert "not shown to differ" in figure.legends[0].get_texts()[2].get_text()


def test_sets_that_answer_alike_stand_at_a_tenth_of_a_point_and_say_zero():
    table = Frames(1, 1).noise()
    table.loc[(table["layers"] == 1) & (table["budget"] == "half_epoch"), ["spread", "paired_noise"]] = 0.0
    axes = noise(table).axes[0]
    assert marks(axes)[-1][1] == 0.1 > axes.get_ylim()[0] and texts(axes).count("0.0") == 2
    assert not [said for said in texts(axes) if said.endswith("×")]
    assert overlaps(noise(table)) == overlaps(noise(table.assign(spread=0.0, paired_noise=0.0))) == []
