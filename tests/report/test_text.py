"""Sentences are short, follow from the tables, and claim nothing that fewer than three seeds could not show."""

import re

import pandas as pd
import pytest

from slim.report import text
from slim.report.numbers import interval, megabytes, number, p_value, percent, points

VERDICTS = r"better|worse|differ|p [=<]"


def every_sentence(tables):
    return [
        *text.headline_sentences(tables, 0.95), *text.chosen_sentences(tables), *text.strategy_sentences(tables),
        *text.search_sentences(tables["search"]), *text.sensitivity_sentences(tables["sensitivity"]),
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["tables", "one_seed"])
def test_no_sentence_has_more_than_25_words_or_a_number_that_nobody_measured(name, request):
    sentences = every_sentence(request.getfixturevalue(name))
    assert len(sentences) > 12
    for sentence in sentences:
        assert len(sentence.split()) <= 25, sentence
        assert sentence.endswith(".") and not sentence[0].islower(), sentence
        assert not re.search(r"\b(nan|NaN|None|NA)\b|\[,|, \]|\{", sentence), sentence


def test_one_seed_gives_readings_and_says_so(one_seed, tables):
    sentences = every_sentence(one_seed)
    assert not [s for s in sentences if re.search(VERDICTS, s) and "readings" not in s]
    assert sum("readings without verdicts" in s for s in sentences) == 1
    assert [s for s in every_sentence(tables) if re.search(VERDICTS, s)]


def recipes_of(**rows):
    """The table `recipes`: name -> (MB, validation accuracy)."""
    known = {"dataset": "all", "stage": "compress", "accuracy": 0.5, "layers": 3.0, "ratio": 1.0}
    return pd.DataFrame([
        known | {"recipe": name, "bytes": size, "validation_accuracy": accuracy}
        for name, (size, accuracy) in rows.items()
    ])  # fmt: skip


def test_a_smaller_baseline_that_reads_no_lower_is_named_first(tables):
    recipes = tables["recipes"].copy()
    assert text.headline_sentences(tables, 0.95)[0].startswith("The recipe")
    words, here = recipes["stage"] == "baseline", recipes["dataset"] == "reuters_r8"
    recipes.loc[words & here, ["accuracy", "bytes"]] = [0.999, 2e4]
    first = text.headline_sentences(tables | {"recipes": recipes}, 0.95)[0]
    start = "A smaller baseline reads no lower on"
    assert first.startswith(f"{start} reuters_r8 (") and first.endswith(", 99.9 % at 0.02 MB).")
    recipes.loc[words, ["accuracy", "bytes"]] = [0.999, 2e4]
    both = text.headline_sentences(tables | {"recipes": recipes}, 0.95)[0]
    assert both.startswith(start) and both.count("99.9 % at 0.02 MB") == 2 and "), reuters_r8 (" in both


def test_what_is_shipped_stands_beside_the_teacher_where_it_is_another_than_the_headline(tables):
    name = text.headline_recipe(tables["recipes"])
    other = next(each for each in ("half", "half_distilled") if each != name)
    sentences = text.headline_sentences(tables, 0.95, other)
    assert [s for s in sentences if s.startswith(f"{other} (shipped, ") and "the teacher: " in s]
    assert text.headline_sentences(tables, 0.95, name) == text.headline_sentences(tables, 0.95)


@pytest.mark.parametrize(
    ("rows", "chosen"),
    [
        ({"near": (50, 0.895), "small": (40, 0.891), "tiny": (10, 0.88)}, "small"),
        ({"one": (50, 0.895), "same_size": (50, 0.899)}, "same_size"),
        ({"far": (50, 0.70), "further": (10, 0.60)}, "far"),
        ({"far": (50, 0.70), "half_as_large": (25, 0.695), "further": (10, 0.60)}, "half_as_large"),
        ({"as_large": (90, 0.95), "larger": (100, 0.95)}, None),
        ({"unmeasured": (None, 0.95)}, None),
    ],
)
def test_the_headline_recipe_is_the_smallest_that_is_as_good_on_validation(rows, chosen):
    assert text.headline_recipe(recipes_of(teacher=(90, 0.90), **rows)) == chosen


def test_the_headline_recipe_is_no_baseline():
    recipes = recipes_of(teacher=(90, 0.90), small=(40, 0.895), words=(1, 0.90))
    recipes.loc[recipes["recipe"] == "words", "stage"] = "baseline"
    assert text.headline_recipe(recipes) == "small"


def test_a_distilled_model_closes_a_part_of_the_gap_of_its_control():
    recipes = pd.DataFrame({
        "dataset": "all", "recipe": ["teacher", "student", "plain", "above", "best"],
        "stage": ["teacher", *["distill"] * 4], "control": [None, "plain", None, "best", None],
        "accuracy": [0.90, 0.87, 0.85, 0.92, 0.91],
    })  # fmt: skip
    assert text.gap_sentences(recipes) == ["plain lacks 5.0 points to the teacher; student closes 40.0 % of it."]


def test_a_difference_is_said_as_its_verdict():
    row = {"difference": -0.0125, "low": -0.02, "high": -0.005, "verdict": "worse", "p_holm": 0.0004, "stable": True}
    assert text.difference(row, "It", "the teacher") == (
        "It is worse than the teacher: −1.2 points [−2.0, −0.5], p < 0.001."
    )
    assert "is better than" in text.difference(text._turned(row), "It", "it")
    assert text._turned(row)["low"] == 0.005
    undecided = text.difference(row | {"verdict": "undecided"}, "It", "greedy")
    assert undecided.startswith("It is not shown to differ from greedy: ")
    assert text.difference(row | {"stable": False}, "It", "greedy").endswith("p < 0.001, unstable.")
    reading = text.difference(row | {"verdict": None, "p_holm": None}, "It", "greedy")
    assert reading == "It reads −1.2 points [−2.0, −0.5] against greedy."


def test_the_best_signal_is_chosen_on_validation(tables):
    lines = tables["curves"]
    assert text.best_signal(lines, "half") in set(lines.loc[~lines["kind"].isin(["fusion", "baseline"]), "strategy"])
    flipped = lines.assign(test_accuracy=1 - lines["test_accuracy"])
    assert text.best_signal(flipped, "half") == text.best_signal(lines, "half")
    assert text.best_signal(lines[lines["kind"] == "fusion"], "half") is None


def test_numbers_as_people_read_them():
    assert (percent(0.8512), points(-0.0125), points(0.0001)) == ("85.1", "−1.2", "+0.0")
    assert (number(-0.001, ".2f"), number(float("nan"), ".2f"), percent(None)) == ("0.00", "", "")
    assert (interval(0.1, 0.25), interval(None, 0.2)) == ("[10.0, 25.0]", "")
    assert (megabytes(91_600_000), megabytes(106_831), megabytes(None)) == ("91.6", "0.11", "")
    assert (p_value(0.0346), p_value(0.0002)) == ("p = 0.035", "p < 0.001")
