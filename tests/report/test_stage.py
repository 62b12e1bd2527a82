"""The stage writes what dvc.yaml promises, and the same bytes for the same measurements."""

import csv
import io
import json
import re
from pathlib import Path

import pandas as pd
import pytest
import yaml

from slim.report.tables import write_tables
from slim.report.text import headline_recipe
from tests.report.conftest import tables_of
from tests.synthetic import DATASETS, RECIPES, SEEDS

ROOT = Path(__file__).parents[2]


def test_the_stage_writes_what_dvc_yaml_promises(written):
    content = yaml.safe_load((ROOT / "dvc.yaml").read_text())
    stage = content["stages"]["report"]
    promised = {next(iter(out)).removeprefix("reports/") for out in stage["outs"] + stage["metrics"]}
    assert {path.split("/")[0] for path in written} == promised
    assert {path for path in written if path.startswith("figures/")} == {
        plot.removeprefix("reports/") for plot in content["plots"] if plot.startswith("reports/figures/")
    }


def test_the_same_measurements_are_the_same_bytes_with_no_word_for_missing(written, data, tmp_path):
    write_tables(tables_of(data), tmp_path)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert len(names) > 10
    for name in names:
        text = (tmp_path / name).read_bytes()
        assert text == written[name], name
        assert b"\r" not in text and not re.search(rb"(^|,)(nan|NaN|None|<NA>)(,|$)", text, re.MULTILINE), name


def test_results_have_a_row_a_dataset_seed_and_recipe(written):
    rows = list(csv.DictReader(io.StringIO(written["results.csv"].decode())))
    assert [(row["dataset"], row["seed"], row["recipe"]) for row in rows] == [
        (dataset, str(seed), recipe) for dataset in sorted(DATASETS) for seed in SEEDS for recipe in RECIPES
    ]
    asked = "dataset seed recipe method accuracy accuracy_low accuracy_high parameters bytes ratio"
    assert set(asked.split()) <= set(rows[0])
    assert all(row["bytes"] and row["parameters"] and row["ratio"] for row in rows)
    assert all((row["layers"] == "") == (row["stage"] == "baseline") for row in rows)


def test_metrics_are_a_row_a_recipe_and_the_headline_is_few_numbers(written):
    assert {path for path in written if path.startswith("metrics/")} == {f"metrics/{name}.json" for name in RECIPES}
    of = json.loads(written["metrics/half_distilled.json"])
    assert set(of) == {*DATASETS, "mean"}
    assert abs(of["mean"] - sum(of[name] for name in DATASETS) / 2) < 1e-5
    headline = json.loads(written["headline.json"])
    assert set(headline) == {
        "teacher", "accuracy", "bytes", "ratio", "over_control", "over_baseline", "fusion_over_greedy",
    }  # fmt: skip
    recipes = pd.read_csv(io.BytesIO(written["recipes.csv"]))
    chosen = recipes[(recipes["dataset"] == "all") & (recipes["recipe"] == headline_recipe(recipes))].iloc[0]
    assert headline["accuracy"] == pytest.approx(chosen["accuracy"], rel=1e-5)
    assert headline["bytes"] == pytest.approx(chosen["bytes"], rel=1e-5)
