"""Sentences of the study follow its numbers."""

import json
import re
from dataclasses import replace

import pandas as pd
import pytest

from slim.report.study._words import Known, series
from slim.report.study.noise import noise
from slim.report.study.recovered import recovered
from slim.report.study.recovered_regret import recovered_regret
from slim.report.study.schedules import schedules
from slim.report.study.sentences import (
    recovery_sentences,
    schedule_sentences,
    sentences,
    worth_sentences,
)
from slim.report.tables._format import chance
from tests.study.planted import BUDGETS, QUICK, chosen, every_table


def test_sentences_about_recovery_follow_p_and_interval(planted):
    known, table = Known(recovered([planted], BUDGETS)), noise([planted], **QUICK)
    assert known.after == {"none": "before recovery", "short": "after 50 steps", "long": "after 1 epoch"}
    intact, *sizes = recovery_sentences(table, known)
    assert intact.startswith("a: the intact model reaches 76.0 % before recovery, 76.0 % after 50 steps and")
    assert "a, 3 of 6 layers: the 20 sets reach 30.0 to 66.0 % before recovery" in sizes[2]
    assert all("after 1 epoch which layers stay matters." in sentence for sentence in sizes)
    alike = recovery_sentences(table.assign(p=0.4), known)
    assert all("no set is shown to differ" in sentence for sentence in alike[1:])
    assert all("choosing pays" in sentence for sentence in worth_sentences(table, known))
    assert all("is not shown to pay" in s for s in worth_sentences(table.assign(best_minus_random_low=-0.1), known))
    worse = table.assign(best_minus_random_low=-0.2, best_minus_random_high=-0.1)
    assert all("misleads" in sentence for sentence in worth_sentences(worse, known))


@pytest.mark.parametrize(("low", "high", "says"), [(-0.2, -0.1, "measuring again helps"), (0.1, 0.2, "again hurts"),
                                                    (-0.1, 0.1, "not shown to matter")])  # fmt: skip
def test_the_sentence_about_schedules_follows_the_interval(pair, low, high, says):
    every = chosen(pair)
    table = schedules(pair, every, **QUICK).assign(difference_low=low, difference_high=high)
    regret = recovered_regret(pair, every, **QUICK)
    said = schedule_sentences(table, regret, Known(recovered(pair, BUDGETS)))
    assert len(said) == 4 and all(says in sentence for sentence in said)
    assert "of 2 signals" in said[0] and "of 2 fusions" in said[1] and "After 1 epoch it is" in said[0]


@pytest.fixture
def tables(pair):
    return every_table(pair)


def test_sentences_about_prediction_and_choice_hold_the_numbers_of_their_tables(tables):
    said = sentences(tables)
    assert set(said) == {"recovery", "worth", "prediction", "choice", "target", "schedules", "distillation"}
    raw = {s.split(",")[0]: s for s in said["prediction"] if "rank correlation of raw" in s}
    assert "1.00 [1.00, 1.00] after 1 epoch: after 1 epoch it predicts which sets are better" in raw["a"]
    assert "after 1 epoch it predicts the opposite" in raw["b"] and set(raw) == {"a", "b", "all datasets"}
    cheap = next(s for s in said["prediction"] if s.startswith("a, 2 of 4 layers, rank"))
    assert "the best of 2 signals, gradient fisher, has 0.99" in cheap
    assert "weight entropy, the best on the other datasets, has" in cheap
    assert "greedy on raw accuracy +5.0 points" in said["choice"][2] and said["choice"][2].startswith(
        "a, 1 of 4 layers"
    )
    assert "of 2 signals 2 are better, 0 worse" in said["choice"][2]
    (target,) = (s for s in said["target"] if s.startswith("b"))
    assert "1 fusion over 3 depths" in target and "0.0 points when they learned from the very sets" in target
    assert not re.search(r"\b(nan|None|NA)\b", json.dumps(said))


def test_seeds_are_named_where_there_are_several(pair):
    known = Known(recovered([pair[0], replace(pair[0], seed=1)], BUDGETS))
    assert known.place({"dataset": "a", "seed": 1}, 2) == "a, seed 1, 2 of 4 layers"
    assert Known(recovered(pair, BUDGETS)).place({"dataset": "all", "seed": pd.NA}, 2) == "all datasets, 2 of 4 layers"
    assert (series(["a"]), series("ab"), series("abc")) == ("a", "a and b", "a, b and c")
    assert (chance(0.0004), chance(0.034)) == ("p < 0.001", "p = 0.034")
