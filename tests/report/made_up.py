"""The report of made-up measurements: its tables, sentences and page."""

import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import stages.report
from slim.report.claims import claims
from slim.report.in_short import in_short
from slim.report.tables import _read as read
from slim.report.tables._made import made
from slim.report.tables._read import read_curves, read_fits, read_results
from slim.utils.grid import runs
from tests._synthetic import DATASETS, FUSIONS, GIVEN, RULES, SEEDS, STUDENTS

ROOT = Path(__file__).parents[2]
SURE = {"resamples": 300, "level": 0.95}
OPTIONS: dict[str, dict] = {fusion: {} for fusion in FUSIONS}


def every_table(data, datasets=DATASETS, seeds=SEEDS):
    """All tables of the report, as the stage makes them."""
    names, wanted = [*GIVEN, *FUSIONS], runs(datasets, seeds)
    lattices = read.read_lattices(wanted, data / "lattice" / "raw")
    return made(
        measured=read_results(datasets, seeds, STUDENTS, data), pruned=read_curves(datasets, names, data),
        recipes=read.read_recipes(names, RULES, data), ranked=read.read_orders(GIVEN, data),
        fused=read.read_fused(OPTIONS, data), fitted=read_fits(FUSIONS, data),
        raw=lattices, target=lattices, **SURE,
    )  # fmt: skip


def ledger_of(tables):
    return claims(*(tables[name] for name in ("curves", "maxima", "results", "orders")))


def said(tables):
    return in_short(tables, ledger_of(tables), student=STUDENTS[0], level=SURE["level"])


def reported(data, folder, monkeypatch):
    """Run the stage over made-up data, in a folder of its own. Returns path -> bytes of what it wrote."""
    folder.mkdir()
    (folder / "data").symlink_to(data)
    monkeypatch.chdir(folder)
    monkeypatch.setattr(stages.report, "load", lambda: SimpleNamespace(
        grid=SimpleNamespace(datasets=list(DATASETS), seeds=list(SEEDS)), students=dict.fromkeys(STUDENTS),
        strategies=GIVEN, fusions=OPTIONS, evaluate=SimpleNamespace(**SURE),
        prune=SimpleNamespace(target="raw", rules=lambda: RULES),
    ))  # fmt: skip
    stages.report.report()
    files = [path for path in (folder / "reports").rglob("*") if path.is_file()]
    return {str(path.relative_to(folder / "reports")): path.read_bytes() for path in sorted(files)}


class Page(HTMLParser):
    """The tags of a page that are open, and every address it mentions."""

    def __init__(self, text):
        super().__init__()
        self.open, self.addresses, self.tags = [], [], set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.addresses += [value for name, value in attributes if name in ("src", "href")]
        if tag not in ("meta", "img", "link", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


UNMEASURED = r"\b(nan|NaN|None|NA|NaT)\b|\[,|, \]"


def words_of(text):
    """What a reader sees of a page."""
    seen = re.sub(r"<[^>]+>", " ", re.sub(r"<style>.*?</style>", "", text, flags=re.S))
    return " ".join(unescape(seen).split())
