"""The study's page: every sentence of the study, every figure, nothing unmeasured, and no part without its table."""

import re

import pytest

from slim.report.study.page import page
from slim.report.study.sentences import sentences
from tests.report.made_up import UNMEASURED, Page, words_of
from tests.study.planted import UP, a_run, additive, every_table

FIGURES = ("recovery", "noise", "recovery_correlations", "recovered_regret", "schedules", "distillation")


@pytest.fixture(scope="module")
def tables():
    controls = {name: {"scores": [[0.0] * 4], "paths": [[[0, 1, 2, 3], [0, 1, 2], [0, 1], [0]]]}
                for name in ("random", "every_other", "top_first")}  # fmt: skip
    signals = {"gradient_fisher": [1.0, 2.0, 3.0, 4.0], "weight_entropy": [2.0, 1.0, 4.0, 3.0]} | controls
    runs = [a_run(additive(UP[:4]), {"long": additive(of)}, signals, dataset=name, layers=4)
            for name, of in {"a": UP[:4], "b": UP[:4][::-1]}.items()]  # fmt: skip
    return every_table(runs)


def html(tables, figures=FIGURES):
    return page(tables, sentences(tables), figures, level=0.95)


def test_the_page_has_every_sentence_figure_and_table_and_stands_alone(tables):
    text = html(tables)
    found, seen = Page(text), words_of(text)
    assert found.open == [] and not {"script", "link"} & found.tags and "http" not in text
    assert all(sentence in seen for said in sentences(tables).values() for sentence in said)
    local = {address for address in found.addresses if not address.startswith("#")}
    files = {f"study/{name}.csv" for name in tables} | {f"study/figures/{name}.png" for name in FIGURES}
    assert local == {"index.html", *files}
    assert not re.search(UNMEASURED, seen)
    assert html(tables) == text


def test_its_tables_hold_the_numbers_of_the_tables(tables):
    text = html(tables)
    best = tables["noise"]["best"].max()
    assert f"<td>{100 * best:.1f}</td>" in text
    gain = tables["distillation"]["over_control"].max()
    assert f"<td>+{100 * gain:.1f} points [" in text


@pytest.mark.parametrize(
    ("table", "part"),
    [("recovery_correlations", "prediction"), ("recovered_regret", "choice"), ("schedules", "schedules"),
     ("distillation", "distillation")],
)  # fmt: skip
def test_what_was_not_measured_has_no_part(tables, table, part):
    assert f'id="{part}"' in html(tables)
    text = html(tables | {table: tables[table].iloc[:0]}, ())
    assert Page(text).open == []
    assert f'id="{part}"' not in text and f"#{part}" not in text and "<img" not in text
