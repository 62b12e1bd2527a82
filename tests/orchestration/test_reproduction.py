"""What `make repro` says of the committed numbers."""

import pandas as pd
import pytest

from slim.orchestration.reproduction import OUTSIDE, REPRODUCED, changed, read_tables, reproduction


def tables(teacher=0.85, gain=0.01, fusion=-0.02, dataset="d"):
    """The tables of a run with one dataset."""
    recipes = [(dataset, "teacher", teacher, 0.84, 0.86), ("all", "teacher", teacher, None, None)]
    compared = [(dataset, "half", "control", "plain", gain), (dataset, "half", "teacher", "teacher", 0.5)]
    strategies = [(dataset, "random_forest", "greedy", "half", fusion), (dataset, "ridge", "greedy", "half", 0.5)]
    return {
        "recipes": pd.DataFrame(recipes, columns=["dataset", "recipe", "accuracy", "low", "high"]),
        "comparisons": pd.DataFrame(
            [(*row, 0.0, 0.02) for row in compared],
            columns=["dataset", "recipe", "against", "reference", "difference", "low", "high"],
        ),
        "strategy_comparisons": pd.DataFrame(
            [(*row, -0.03, 0.0) for row in strategies],
            columns=["dataset", "strategy", "reference", "rule", "difference", "low", "high"],
        ),
    }


def verdicts(here):
    table = reproduction(here, tables())
    return dict(zip(table["number"], table["verdict"], strict=True))


def test_a_run_reproduces_itself_and_a_planted_miss_is_outside():
    numbers = ["teacher", "half - plain", "random_forest - greedy, half of the layers"]
    assert verdicts(tables()) == dict.fromkeys(numbers, REPRODUCED)
    assert verdicts(tables(teacher=0.87)) == dict.fromkeys(numbers, REPRODUCED) | {"teacher": OUTSIDE}
    assert verdicts(tables(gain=-0.001))["half - plain"] == OUTSIDE
    assert verdicts(tables(fusion=0.001))[numbers[-1]] == OUTSIDE


def test_an_interval_includes_its_ends_and_is_that_of_the_committed_run():
    assert verdicts(tables(teacher=0.84))["teacher"] == REPRODUCED
    wide = tables(teacher=0.9)
    wide["recipes"]["high"] = 1.0
    assert verdicts(wide)["teacher"] == OUTSIDE


def test_other_datasets_and_missing_numbers_are_not_compared():
    assert reproduction(tables(dataset="mine"), tables()).empty
    assert "random_forest - greedy, half of the layers" not in verdicts(tables(fusion=None))


def test_changed_parameters_are_named_but_for_the_grid_and_entries_of_one_run():
    ours = {"grid": {"seeds": [0]}, "budgets": {"a": 1}, "finetune": {"epochs": 1, "warmup": 0.1}}
    theirs = {"grid": {"seeds": [0, 1]}, "budgets": {"a": 2}, "finetune": {"epochs": 2, "warmup": 0.1}}
    ours["distill"], theirs["distill"] = {"a": {"alpha": 1}}, {"b": {"alpha": 0}}
    assert changed(ours, theirs) == ["finetune.epochs"]
    ours["datasets"], theirs["datasets"] = {"a": {"train_rows": 70, "clean": True}}, {"a": {"clean": True}, "b": {}}
    assert changed(ours, theirs) == ["datasets.a.train_rows", "finetune.epochs"]
    assert changed(ours, ours) == []


@pytest.mark.parametrize("missing", ["recipes", "comparisons", "strategy_comparisons"])
def test_a_table_that_is_not_there_is_named(missing, tmp_path):
    for name, table in tables().items():
        if name != missing:
            table.to_csv(tmp_path / f"{name}.csv", index=False)
    with pytest.raises(FileNotFoundError, match=missing):
        read_tables(tmp_path)
