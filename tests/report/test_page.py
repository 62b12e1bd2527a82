"""The page stands alone and begins with the picture; the README's block is short."""

import json
import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest

from slim.report.claims import claims
from slim.report.page import TIMES, headline, recipe_table, report_page, summary
from slim.report.read import read_measurements
from slim.report.readme import END, START, with_results
from slim.report.tables import report_tables
from slim.report.text import headline_sentences
from tests import synthetic
from tests.report.conftest import LEVEL
from tests.synthetic import RECIPES


class Page(HTMLParser):
    """The tags of a page that are open, and every address it mentions."""

    def __init__(self, text):
        super().__init__()
        self.open, self.addresses, self.tags = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.addresses += [value for name, value in attributes if name in ("src", "href")]
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def words_of(page):
    shown = re.sub(r"<(style|script)>.*?</\1>", "", page, flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", shown)).split())


def test_the_page_stands_alone(written):
    text = written["index.html"].decode()
    page = Page(text)
    assert page.open == [] and "link" not in page.tags and "http" not in text
    assert set(page.addresses) <= set(written) and f'data-src="{TIMES}"' in text
    assert {path for path in written if path.startswith("figures/")} <= set(page.addresses)
    assert not re.search(r"\b(nan|NaN|None|NaT)\b", words_of(text))


def test_its_first_screen_is_the_picture_and_the_headline(written, tables):
    text = written["index.html"].decode()
    body = Page(text).tags
    assert body[body.index("body") + 1 :][:4] == ["h1", "figure", "img", "p"]
    seen = unescape(text)
    places = [seen.index(part) for part in ("size_accuracy.png", *headline_sentences(tables, 0.95), "<h2>")]
    assert places == sorted(places) and seen.count("<h2>", 0, places[-1]) == 0
    assert "<code>dvc repro benchmark</code>" in seen[: places[-1]]


def test_the_page_has_every_claim_and_recipe(written):
    seen = words_of(written["index.html"].decode())
    for claim in json.loads(written["claims.json"]):
        assert f"{claim['id']} {claim['claim']} {claim['verdict']} {claim['here']['verdict']}" in seen
    assert all(name in seen for name in RECIPES)


def test_a_run_of_one_seed_has_a_page_too(one_seed):
    ledger = claims(*(one_seed[name] for name in ("curves", "maxima", "orders", "recipes", "comparisons")))
    text = report_page(one_seed, ledger, {"reuters_r8": {}}, 0.95)
    assert Page(text).open == [] and "readings without verdicts" in text
    assert set(headline(one_seed)) >= {"teacher", "accuracy", "bytes"}


def test_the_block_of_the_readme_is_a_picture_few_sentences_and_one_table(written, tables, one_seed):
    text = written["summary.md"].decode()
    assert text.startswith("![") and "(figures/size_accuracy.png" in text.splitlines()[0]
    assert len(text.splitlines()) <= 45 and text.count("\n- ") <= 8 and text.count(":--") == 1
    assert text.count("\n| ") == 2 + len(RECIPES)
    assert summary(one_seed, 0.95).count("\n- ") <= 8
    table = recipe_table(tables)
    assert list(table.columns) == [
        "recipe", "layers", "MB", "ratio", "movie_reviews", "reuters_r8", "to teacher", "to control",
    ]  # fmt: skip
    many = tables | {"recipes": tables["recipes"].replace({"dataset": {"reuters_r8": "x"}})}
    assert "mean" not in recipe_table(many) and list(recipe_table(many))[5] == "x"


def test_only_what_stands_between_the_markers_is_replaced():
    assert with_results(f"a{START}old{END}b", "new \\1\n") == f"a{START}\n\nnew \\1\n\n{END}b"
    with pytest.raises(ValueError, match="once each"):
        with_results("no markers", "new")


def test_no_number_is_typed_in_the_template():
    template = (Path(__file__).parents[2] / "slim/report/page.html.j2").read_text()
    shown = re.sub(r"<(style|script)>.*?</\1>|{%.*?%}|{{.*?}}|<[^>]+>", " ", template, flags=re.S)
    assert not re.findall(r"\d", shown)


def test_a_run_without_small_models_or_ratios_has_a_page(data):
    options = synthetic.OPTIONS, synthetic.FUSION_OPTIONS
    known = read_measurements(("reuters_r8",), (0,), ["teacher"], *options, data)
    known.records[0].pop("ratio", None)
    tables = report_tables(known, resamples=100, level=LEVEL)
    assert set(headline(tables)) == {"teacher", "fusion_over_greedy"}
    assert "<td>teacher</td>" in report_page(tables, [], known.cards, LEVEL)
