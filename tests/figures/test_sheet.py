"""What figures share: panels on a page, folded text, labels that keep apart, colours."""

import numpy as np
import pytest

from slim.report.figures._budgets import in_order, two_lines
from slim.report.figures._matrix import NAMES, readable
from slim.report.figures._sheet import WIDTH, Room, fold, sheet
from slim.report.figures._style import COLOURS, spread
from slim.report.figures.accuracy_by_depth import short
from tests.figures.frames import BUDGETS, Frames, drawn


def test_panels_wrap_at_the_width_of_the_page_and_stay_together():
    figure, axes = sheet(list("abcdefg"), (2.0, 1.0), Room(0.3, 0.2), together=2)
    tops = [round(each.get_position().y1, 6) for each in axes]
    assert [tops.count(top) for top in dict.fromkeys(tops)] == [4, 3]
    sizes = {tuple(np.round(each.get_position().size * figure.get_size_inches(), 6)) for each in axes}
    assert sizes == {(2.0, 1.0)}


def test_panels_of_several_widths_fill_rows_and_a_row_that_cannot_hold_a_group_parts_it():
    def rows(widths, together):
        figure, axes = sheet(["x"] * len(widths), (widths, 1.0), Room(0.3, 0.2), together=together)
        wide = [float(each.get_position().width * figure.get_figwidth()) for each in axes]
        assert wide == pytest.approx(widths) and figure.get_figwidth() <= WIDTH
        tops = [round(each.get_position().y1, 6) for each in axes]
        return [tops.count(top) for top in dict.fromkeys(tops)]

    assert rows([3, 1, 1] * 2, 3) == [3, 3]
    assert rows([3, 1, 1] * 2, 1) == [4, 2]
    assert rows([5, 5, 5] * 2, 3) == [2, 2, 2]


def test_budgets_keep_their_order_where_small_sets_lack_some():
    table = Frames(2, 1).noise()
    assert list(dict.fromkeys(table["budget"])) != list(BUDGETS)
    assert in_order(table, ["dataset", "layers"]) == list(BUDGETS)
    assert two_lines("none") == "no\ntraining" and two_lines("tenth_of_epoch") == "tenth\nof epoch"


def test_only_the_first_panel_of_a_row_shows_the_names_all_share():
    _, axes = sheet(list("abcdef"), (2.0, 1.0), Room(0.1, 0.1), names=NAMES)
    for each in axes:
        each.set_yticks([0], ["name"])
    assert [len(each.get_yticklabels()) for each in axes] == [1, 0, 0, 0, 1, 0]


def test_folded_text_keeps_its_words_and_its_own_lines():
    assert fold("one two\nthree", 100) == ["one two", "three"]
    assert " ".join(fold("a few words that need several lines", 1)) == "a few words that need several lines"


def test_what_is_printed_on_a_colour_can_be_read():
    assert [readable(colour) for colour in ("white", "black", "#08306b", "#deebf7")] == ["#222222", "white", "white",
                                                                                        "#222222"]  # fmt: skip


def test_labels_keep_apart_stay_inside_and_move_no_more_than_needed():
    moved = spread(np.array([0.5, 0.51, 0.1, 0.99]), 0.1, 0.0, 1.0)
    assert moved == pytest.approx([0.455, 0.555, 0.1, 0.99])
    crowd = np.sort(spread(np.zeros(30), 0.1, 0.0, 1.0))
    assert crowd[0] >= 0 and crowd[-1] <= 1 + 1e-9 and np.diff(crowd) == pytest.approx(1 / 29)
    assert short("mi_task_relevance", "mutual information") == "task relevance"


def test_families_keep_their_colour_in_every_figure():
    for name in ("regret_by_depth", "removal_order", "signals", "ranks", "fusion_weights"):
        for axes in drawn(name, Frames(1, 2, 4)).axes[:1]:
            colours = {tick.label1.get_text(): tick.label1.get_color() for tick in axes.yaxis.get_major_ticks()}
            assert colours["weight entropy"] == COLOURS["weight"], name
