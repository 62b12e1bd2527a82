"""Every figure from made-up tables: legible, the same bytes twice, and drawn again from its CSV."""

import pandas as pd
import pytest

from slim.report.figures._sheet import WIDTH
from slim.report.figures._style import write_png
from slim.report.tables._write import write_table
from slim.utils.registry import names as names_of
from tests.figures.frames import FIGURES, Frames, drawn, overlaps, shown_texts


def outside(figure):
    """Texts that leave the page."""
    width, height = figure.bbox.size
    return [text for text, box in shown_texts(figure)
            if box.x0 < -1 or box.y0 < -1 or box.x1 > width + 1 or box.y1 > height + 1]  # fmt: skip


CROWDED = {"search"}
"""Points stand where they stand, and so do their names."""
SIZES = {"one": (1, 1, 6), "usual": (2, 2, 6), "deep": (1, 2, 12), "many": (9, 1, 3)}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", FIGURES)
def test_no_text_covers_another_or_leaves_the_page(name, size):
    figure = drawn(name, Frames(*SIZES[size]))
    assert figure.get_figwidth() <= WIDTH + 1e-6
    assert outside(figure) == []
    if name not in CROWDED:
        assert overlaps(figure) == []


@pytest.mark.parametrize("name", FIGURES)
def test_the_same_table_is_the_same_bytes(name, tmp_path):
    for file in ("one", "two"):
        write_png(drawn(name, Frames(1, 2, 3)), tmp_path / file)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_can_be_drawn_again_from_its_csv(name, tmp_path):
    draw, table = FIGURES[name]
    frame = getattr(Frames(1, 2, 3), table)()
    write_table(frame, tmp_path / "table.csv")
    again = draw(pd.read_csv(tmp_path / "table.csv"))
    assert [text for text, _ in shown_texts(again)] == [text for text, _ in shown_texts(draw(frame))]


@pytest.mark.parametrize("name", FIGURES)
def test_a_table_without_rows_says_that_nothing_was_measured(name):
    draw, table = FIGURES[name]
    figure = draw(getattr(Frames(1, 1, 3), table)().iloc[:0])
    assert not figure.axes and "not measured" in figure.texts[0].get_text()


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("name", FIGURES)
def test_the_shallowest_models_have_figures(name, layers, tmp_path):
    write_png(drawn(name, Frames(1, 2, layers)), tmp_path / "figure.png")


def test_every_file_of_the_folder_is_drawn_here():
    assert set(names_of("figures")) == set(FIGURES)
