"""The front door is true: its results are the report's, its map is the tree, its picture is the pipeline."""

import csv
import re
import subprocess
import sys

import pytest

from slim.config import load
from slim.report.readme import END, START, with_results
from slim.report.tables.results import COLUMNS
from slim.utils.code_hash import ROOT

README = (ROOT / "README.md").read_text()


def test_the_results_are_those_of_the_committed_report():
    assert with_results(README, (ROOT / "reports/summary.md").read_text()) == README


def test_only_what_stands_between_the_markers_is_replaced():
    assert with_results(f"a{START}old{END}b", "new \\1\n") == f"a{START}\n\nnew \\1\n\n{END}b"
    with pytest.raises(ValueError, match="once each"):
        with_results("no markers", "new")


def test_every_place_on_the_file_map_exists():
    block = re.search(r"## File map\n\n```text\n(.*?)```", README, re.DOTALL)[1]
    folder = ""
    for line in block.splitlines():
        words = re.findall(
            r"[\w.]+(?:\.(?:py|yaml)|/)", line.split("   ")[0] if not line.startswith(" ") else line[:60]
        )
        if not line.startswith(" "):
            folder = words[-1] if words[-1].endswith("/") else ""
        for word in words:
            if word not in ("data/", "models/", "runs/"):
                assert (ROOT / word).exists() or (ROOT / folder / word).exists(), word


def test_the_picture_is_the_pipeline():
    words = [sys.executable, "-m", "dvc", "dag", "--collapse-foreach-matrix", "--mermaid"]
    drawn = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert re.search(r"```mermaid\n(.*?)```", README, re.DOTALL)[1].strip() == drawn.strip()


def test_the_committed_results_have_every_promised_row_and_column():
    params = load(ROOT / "params.yaml")
    with (ROOT / "reports/results.csv").open() as file:
        table = csv.DictReader(file)
        rows = {(row["dataset"], row["seed"], row["recipe"]) for row in table}
        assert (table.fieldnames or [])[: len(COLUMNS)] == COLUMNS
    recipes = ["teacher", *params.prune, *params.distill, *params.compress, *params.baselines]
    assert rows == {(d, str(s), r) for d in params.grid.datasets for s in params.grid.seeds for r in recipes}


def test_the_committed_lock_and_reports_belong_to_the_committed_code_and_parameters():
    """Without data: nothing would run, so what git keeps was made by exactly this code."""
    words = [sys.executable, "-m", "dvc", "repro", "--dry", "--allow-missing"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not re.findall(r"Running stage '([^']+)'", done.stdout)
