"""Every figure draws from its tables, names what it shows, and is the same bytes twice."""

from itertools import combinations

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Annotation

from slim.report.figures import FIGURES, draw
from slim.report.figures.size_accuracy import size_accuracy
from slim.report.figures.style import STYLE, spread, write_pngs
from slim.report.numbers import words
from tests.synthetic import RECIPES, SIGNALS, STRATEGIES

NAMES = {
    "size_accuracy": RECIPES,
    "removal_order": [words(name) for name in STRATEGIES],
    "signals": [words(name) for name in SIGNALS],
    "search": ["greedy", "beam", "random", "linear regression", "random forest"],
    "accuracy_by_depth": ["oracle", "inhibition", "task relevance", "fisher", "every other", "random forest"],
}


@pytest.fixture(scope="module")
def figures(tables):
    return draw(tables)


def texts(figure):
    ticks = [label.get_text() for axes in figure.axes for label in (*axes.get_xticklabels(), *axes.get_yticklabels())]
    return [*ticks, *(text.get_text() for axes in figure.axes for text in axes.texts)]


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_names_what_it_shows(name, figures):
    assert not set(NAMES[name]) - set(texts(figures[name]))
    assert figures[name].get_suptitle()


def test_names_of_recipes_do_not_overlap_and_stay_inside(figures):
    figure = figures["size_accuracy"]
    with matplotlib.rc_context(STYLE):
        FigureCanvasAgg(figure).draw()
    width, height = figure.canvas.get_width_height()
    for axes in figure.axes:
        boxes = {text.get_text(): text.get_tightbbox() for text in axes.texts if not isinstance(text, Annotation)}
        boxes |= {text.get_text(): _label_box(text, figure) for text in axes.texts if isinstance(text, Annotation)}
        for (one, first), (other, second) in combinations(boxes.items(), 2):
            assert not first.shrunk(0.98, 0.8).overlaps(second.shrunk(0.98, 0.8)), (one, other)
        assert all(box.x0 >= 0 and box.x1 <= width and 0 <= box.y0 <= box.y1 <= height for box in boxes.values())


def _label_box(text, figure):
    """The box of an annotation's words, without its line."""
    return matplotlib.text.Text.get_window_extent(text, figure.canvas.get_renderer())


def test_runs_of_one_seed_and_one_dataset_can_be_drawn(one_seed):
    assert set(draw(one_seed)) == set(FIGURES)


def test_what_was_not_measured_is_said(tables):
    empty = draw({name: table.iloc[:0] for name, table in tables.items()})
    assert all("nothing was measured" in figure.get_suptitle() for figure in empty.values())
    unknown = tables["search"].assign(test_regret=np.nan)
    assert "nothing was measured" in draw(tables | {"search": unknown})["search"].get_suptitle()


def test_the_same_table_is_the_same_bytes(tables, tmp_path):
    for folder in ("one", "two"):
        with matplotlib.rc_context(STYLE):
            figure = size_accuracy(tables["recipes"])
        write_pngs({"size_accuracy": figure}, tmp_path / folder)
    one, two = ((tmp_path / folder / "size_accuracy.png").read_bytes() for folder in ("one", "two"))
    assert one == two and one.startswith(b"\x89PNG")


def test_labels_are_moved_apart_as_little_as_possible():
    assert spread(np.array([1.0, 5.0, 9.0]), 2, 0, 10).tolist() == [1, 5, 9]
    assert spread(np.array([5.0, 5.0]), 2, 0, 10).tolist() == pytest.approx([4, 6])
    assert spread(np.array([9.9, 9.9, 9.8]), 2, 0, 10).tolist() == pytest.approx([8, 10, 6])
    assert spread(np.arange(9.0), 2, 0, 4).tolist() == pytest.approx(np.arange(9) / 2)
