"""The tables of results, curves, fits, maxima, regret and rows learned from."""

import numpy as np
import pandas as pd
import pytest

from slim.report.tables._read import read_curves, read_fits, read_results, rows
from slim.report.tables._write import write_table
from slim.report.tables.curves import COLUMNS as CURVES
from slim.report.tables.curves import curves, family_of
from slim.report.tables.fits import COLUMNS as FITS
from slim.report.tables.fits import fits
from slim.report.tables.learned import COLUMNS as LEARNED
from slim.report.tables.maxima import COLUMNS as MAXIMA
from slim.report.tables.maxima import maxima
from slim.report.tables.regret import regret
from slim.report.tables.results import COLUMNS as RESULTS
from slim.report.tables.results import results
from tests._synthetic import DATASETS, FUSIONS, SEEDS, STUDENTS


def test_learned_has_a_row_a_kind_of_rows(tables):
    table = tables["learned"]
    assert list(table.columns) == LEARNED
    assert set(table["fusion"]) == {"linear_regression", "random_forest", "mean_rank"}  # no search, no ceiling
    of = table[(table["dataset"] == "kind") & (table["seed"] == 1) & (table["fusion"] == "random_forest")]
    assert of["rows"].tolist() == ["trajectories", "lattice", "leave_one_out", "other_datasets"]
    assert of["in_use"].tolist() == [True, False, False, False]
    assert of["evaluations"].tolist() == [62, 63, 7, 0] and of["fitted"].tolist() == [186, 189, 21, 0]
    found = tables["search"].set_index(["dataset", "seed", "method"]).sort_index()
    same = found.loc[("kind", 1, "random_forest")].set_index("rows").loc["leave_one_out"]
    cells = of.set_index("rows").loc["leave_one_out"]
    assert [cells["test_regret"], cells["greedy_test_regret"]] == [same["test_regret"], same["greedy_test_regret"]]
    drawn_at_7 = found.loc[("kind", 1, "random")].set_index("evaluations").loc[7, "test_regret"]
    assert cells["random_test_regret"] == drawn_at_7


def test_results_have_every_promised_column_and_a_row_a_model(found):
    assert list(found.columns) == RESULTS
    assert len(found) == len(DATASETS) * len(SEEDS) * len(rows(STUDENTS))


def test_what_was_not_measured_is_blank(found, tmp_path):
    write_table(found, tmp_path / "results.csv")
    text = pd.read_csv(tmp_path / "results.csv", dtype=str, keep_default_na=False)
    floor = text[text["model"] == "tfidf_linear"].iloc[0]
    assert floor["bytes"] == floor["ratio"] == floor["layers"] == floor["over_control"] == ""
    assert text.loc[text["model"] == "teacher", "difference"].unique().tolist() == [""]
    assert text.loc[text["model"] == "teacher", "bytes"].unique().tolist() == ["90800000"]


def test_a_missing_model_stops_the_report(data, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"library/9/tfidf_linear\.json"):
        read_results(["library"], [9], STUDENTS, data)
    with pytest.raises(ValueError, match="no seed, model"):
        results([{"dataset": "x"}])


def test_curves_and_fits_have_their_columns(lines, data):
    assert list(lines.columns) == CURVES
    table = fits(read_fits(FUSIONS, data))
    assert list(table.columns) == FITS
    assert set(table["fusion"]) == {"linear_regression", "random_forest", "greedy"}  # the others fitted nothing
    forest = table[table["fusion"] == "random_forest"].iloc[0]
    assert abs(forest["first_weight"]) >= abs(forest["second_weight"]) >= abs(forest["third_weight"])


def test_a_point_held_twice_is_refused(data):
    frames = read_curves(["library"], ["greedy"], data)
    with pytest.raises(ValueError, match="twice"):
        curves(frames * 2, FUSIONS)


def test_families():
    assert family_of("mi_task_relevance", []) == "mutual information"
    assert family_of("weight_entropy", []) == "weight"
    assert family_of("greedy", ["greedy"]) == "control"
    assert family_of("mean_rank", ["mean_rank"]) == "fusion"
    assert family_of("angular_shift", []) == "other"


def _tiny(**changes):
    """One strategy, two draws, depths 0 to 2: validation prefers depth 2 and 1, test always depth 1."""
    table = pd.DataFrame({
        "dataset": "d", "seed": 0, "strategy": "random", "family": "control", "draw": [0, 0, 0, 1, 1, 1],
        "removed": [0, 1, 2] * 2, "validation_accuracy": [0.9, 0.6, 0.7, 0.9, 0.7, 0.6], "validation_loss": 0.1,
        "test_accuracy": [0.9, 0.8, 0.4, 0.9, 0.6, 0.2], "test_regret": [0.0, 0.0, 0.2, 0.0, 0.2, 0.4],
    })  # fmt: skip
    return table.assign(**changes)


def test_maxima_are_chosen_on_validation_and_the_optimistic_ones_on_test():
    row = maxima(_tiny()).iloc[0]
    assert row["accuracy"] == pytest.approx((0.4 + 0.6) / 2)
    assert row["spread"] == pytest.approx(np.std([0.4, 0.6], ddof=1))
    assert row["optimistic"] == pytest.approx((0.8 + 0.6) / 2)
    assert (row["values"], row["removed"]) == (2, 1.5)


def test_ties_go_to_fewer_layers():
    assert maxima(_tiny(validation_accuracy=0.5)).iloc[0]["removed"] == 2


def test_the_mean_over_datasets_needs_all_of_them(lines):
    table = maxima(lines)
    assert list(table.columns) == MAXIMA
    of = table[table["strategy"] == "greedy"]
    assert of["mean"].tolist() == pytest.approx([of["accuracy"].mean()] * 2)
    less = lines[(lines["strategy"] != "greedy") | (lines["dataset"] == "kind")]
    assert np.isnan(maxima(less).set_index("strategy").loc["greedy", "mean"])


def test_regret_is_a_mean_over_seeds_and_draws():
    table = regret(_tiny())
    assert table["d"].tolist() == pytest.approx([0.1, 0.3])
    assert table["mean"].tolist() == pytest.approx([0.1, 0.3])
