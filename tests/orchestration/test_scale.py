"""The guide to larger runs shows what the cost model prints, and the model's times hold against measured ones."""

import re

from benchmarks import cost_model
from tests.imports import ROOT

GUIDE = (ROOT / "docs/scale.md").read_text()


def test_the_tables_are_those_that_the_cost_model_prints(monkeypatch):
    monkeypatch.chdir(ROOT)
    shown = re.search(r"<!-- tables: generated [^>]*-->(.*)<!-- end of tables -->", GUIDE, re.DOTALL)[1]
    assert shown.strip() == cost_model.tables().strip()


def test_every_target_of_make_and_every_file_in_the_guide_exists():
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"\bmake ([a-z]+)", GUIDE))
    assert {"paper", "plan", "profile"} <= targets
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    for place in re.findall(r"`((?:slim|profiles)/[a-z_/]+\.(?:py|yaml))`", GUIDE):
        assert (ROOT / place).is_file(), place
