"""The page stands alone, has every claim and metric, and no number that nobody measured."""

import json
import re

import pytest

from slim.evaluation.metrics._catalogue import CATALOGUE
from slim.report.claims import sentences as claim_sentences
from slim.report.figures._drawn import FIGURES, drawn
from slim.report.page import page
from slim.report.tables import _read as read
from tests import _synthetic
from tests._synthetic import DATASETS, STRATEGIES, write_all
from tests.report.made_up import ROOT, SURE, UNMEASURED, Page, every_table, ledger_of, said, words_of


def html(tables, cards, figures=()):
    return page(cards, tables, ledger_of(tables), said(tables), figures, target="raw", level=SURE["level"])


@pytest.fixture(scope="module")
def cards(data):
    return read.read_cards(DATASETS, data)


def test_the_page_stands_alone(twice):
    text = twice[0]["index.html"].decode()
    page = Page(text)
    assert page.open == [] and "script" not in page.tags and "link" not in page.tags and "http" not in text
    local = [address for address in page.addresses if not address.startswith("#")]
    assert set(local) <= {*twice[0], "study.html"}  # which another command writes
    assert {f"figures/{name}.png" for name in FIGURES} <= set(local)
    assert not re.search(UNMEASURED, words_of(text))


def test_the_page_has_every_claim_with_its_verdict(twice):
    ledger, seen = json.loads(twice[0]["claims.json"]), words_of(twice[0]["index.html"].decode())
    assert [claim["id"] for claim in ledger] == [f"C{i}" for i in range(1, 8)]
    for claim, sentence in zip(ledger, claim_sentences(ledger), strict=True):
        assert sentence in seen and claim["tie_rule"] in seen
        assert f"{claim['id']} {claim['verdict']}; here {claim['here']['verdict']}" in seen


def test_the_page_begins_with_what_was_found(twice, tables):
    seen, short_text = words_of(twice[0]["index.html"].decode()), twice[0]["summary.md"].decode()
    sentences = said(tables)
    assert 6 <= len(sentences) <= 10
    assert all(sentence in seen and f"- {sentence}\n" in short_text for sentence in sentences)
    order = (sentences[0], "What the paper claims", "Strategy minus", "R² out of sample", "Shapley value", "Licence")
    places = [seen.index(text) for text in order]
    assert places == sorted(places)


PAGES = ("report/page.html.j2", "report/_page_parts.html.j2", "study/page.html.j2")


def typed(template):
    """The words that a template holds itself: its text, and the strings that it hands to macros."""
    text = re.sub(r"<style>.*?</style>|{%.*?%}", " ", template, flags=re.S)
    strings = re.findall(r'"([^"]*)"', " ".join(re.findall(r"{{.*?}}", text, re.S)))
    return " ".join([words_of(re.sub(r"{{.*?}}", " ", text, flags=re.S)), *strings])


@pytest.mark.parametrize("name", PAGES)
def test_no_number_is_typed_in_a_template(name):
    assert not re.findall(r"\d", typed((ROOT / "slim" / name).read_text()))


def test_a_number_typed_in_a_template_would_be_found():
    planted = '<h2>a</h2><p class="x9">{{ rows[0] }} of 12</p>{% if a == 3 %}{{ draw(b, "at 95 %") }}{% endif %}'
    assert re.findall(r"\d+", typed(planted)) == ["12", "95"]


SECTIONS = {
    "fusion": ["learned", "fits"], "signals": ["signal_correlations"], "sensitivity": ["sensitivity"],
    "exact": ["shapley", "search"],
}  # fmt: skip


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_without_measurements_is_left_out(section, tables, cards):
    assert f'id="{section}"' in html(tables, cards)
    text = html(tables | {name: tables[name].iloc[:0] for name in SECTIONS[section]}, cards)
    assert Page(text).open == []
    assert f'id="{section}"' not in text and f'"#{section}"' not in text
    assert all(f'id="{other}"' in text for other in SECTIONS if other != section)
    assert not re.search(UNMEASURED, words_of(text))


def test_without_comparisons_nothing_is_said_of_them(tables, cards):
    less = tables | {"comparisons": tables["comparisons"].iloc[:0], "ranks": tables["ranks"].iloc[:0]}
    assert not any("Holm" in sentence for sentence in said(less))
    assert "How sure are the differences?" not in html(less, cards)


def test_figures_of_empty_tables_are_not_drawn(tables):
    assert drawn({name: table.iloc[:0] for name, table in tables.items()}) == {}


def smaller(monkeypatch, folder, datasets, seeds):
    """The tables and cards of a run over other datasets and seeds."""
    monkeypatch.setattr(_synthetic, "DATASETS", datasets)
    monkeypatch.setattr(_synthetic, "SEEDS", seeds)
    write_all(folder)
    return every_table(folder, datasets, seeds), read.read_cards(datasets, folder)


def test_one_seed_says_what_it_cannot_show(monkeypatch, tmp_path):
    found, cards = smaller(monkeypatch, tmp_path, DATASETS, (0,))
    text = html(found, cards)
    seen = words_of(text)
    assert Page(text).open == [] and not re.search(UNMEASURED, seen)
    assert "one seed (0) on kind and library" in said(found)[-1] and "is not known" in said(found)[-1]
    assert not any(word in " ".join(said(found)) for word in ("from run to run", "seeds ("))
    assert "nothing here shows how far seeds differ" in seen


def test_one_dataset_is_not_pooled_with_others(monkeypatch, tmp_path):
    found, cards = smaller(monkeypatch, tmp_path, ("library",), (0, 1, 2))
    text = html(found, cards)
    assert Page(text).open == [] and not re.search(UNMEASURED, words_of(text))
    assert not any("on each dataset" in sentence for sentence in said(found))
    assert "3 seeds (0, 1, 2) on library" in said(found)[-1]
    assert text.count("Strategy minus greedy.") == 1


def test_the_page_defines_every_metric_and_names_every_strategy(twice):
    text = twice[0]["index.html"].decode()
    assert all(f"<dt>{name} " in text for name in CATALOGUE)
    assert all(strategy.replace("_", " ") in text for strategy in STRATEGIES)
