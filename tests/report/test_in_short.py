"""What is said first follows intervals, Holm's p and the runs."""

import re

import numpy as np
import pytest

from slim.report.in_short import best_signal, evaluations_sentence
from slim.report.tables import _format as form
from tests.report.made_up import said


def against(tables, gain, p=0.01, opponent="greedy", dataset=None):
    """The tables with a planted gain of the forest over an opponent, everywhere or on one dataset."""
    table = tables["comparisons"].copy()
    here = (table["reference"] == "random_forest") & (table["strategy"] == opponent)
    here &= True if dataset is None else table["dataset"] == dataset
    table.loc[here, ["difference", "low", "high", "p_holm"]] = [-gain, -gain - 0.01, -gain + 0.01, p]
    return tables | {"comparisons": table}


def sentence_on(tables, what):
    (found,) = (sentence for sentence in said(tables) if what in sentence)
    return found


@pytest.mark.parametrize(
    ("gain", "p", "says"),
    [
        (0.03, 0.01, "better than"), (-0.03, 0.01, "worse than"), (0.005, 0.01, "not shown to differ from"),
        (0.03, 0.2, "not shown to differ from"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(("opponent", "what"), [("greedy", "misses"), ("random", "drawn at random")])
def test_the_verdict_on_fusion_follows_the_interval_and_holms_p(tables, gain, p, says, opponent, what):
    sentence = sentence_on(against(tables, gain, p, opponent), what)
    ends = form.interval(gain - 0.01, gain + 0.01, form.points)
    clause = f"it is {says} {opponent}, {form.points(gain)} points {ends}, p = {p:.3f} after Holm's correction"
    assert sentence.count(f"{clause} (the same on each dataset)") == 2  # by either rule


def test_datasets_that_disagree_are_named(tables):
    mixed = against(against(tables, 0.03), -0.03, dataset="kind")
    assert sentence_on(mixed, "misses").count("(better on library, worse on kind)") == 2


def test_the_best_signal_is_chosen_on_validation(tables):
    lines, name = tables["curves"], "weight_entropy"
    others = lines["strategy"] != name
    lifted = lines.assign(validation_accuracy=lines["validation_accuracy"].where(others, 0.999))
    on_test = lines.assign(test_accuracy=lines["test_accuracy"].where(others, 0.999))
    for rule in ("half", "best_accuracy"):
        assert best_signal(lifted, rule) == name
        assert best_signal(on_test, rule) == best_signal(lines, rule)
        assert best_signal(lifted[others | (lifted["dataset"] == "kind")], rule) != name
    sentence = sentence_on(against(tables | {"curves": lifted}, 0.03, opponent=name), "12 single signals")
    assert sentence.count("better than weight entropy, +3.0 points") == 2


@pytest.mark.parametrize(
    ("gains", "says"),
    [((0.02, 0.01), "the signals add to greedy"), ((0.02, -0.01), "do not agree"), ((-0.02, 0.0), "add nothing")],
)
def test_the_sentence_about_evaluations_follows_the_runs(tables, gains, says):
    table = tables["learned"]
    gain = np.where(table["dataset"] == "kind", *gains)
    moved = table.assign(greedy_test_regret=table["test_regret"] + gain)
    sentence = sentence_on(tables | {"learned": moved}, "as many evaluations")
    assert says in sentence and "as set (trajectories)" in sentence
    assert f"less in {3 * sum(gain > 0 for gain in gains)} of 6 runs" in sentence
    one = sentence_on(tables | {"learned": moved[moved["seed"] == 0]}, "as many evaluations")
    assert ("one seed cannot show" in one) == (min(gains) > 0)


def test_a_fusion_that_learns_from_nothing_is_compared_too(tables):
    table = tables["learned"]
    free = table[table["fusion"] == "mean_rank"].assign(evaluations=0, test_regret=0.02, greedy_test_regret=0.05)
    text = evaluations_sentence(free, "mean_rank")
    assert "none (0) 2.0 against 5.0 points, less in 6 of 6 runs: as set (none), the signals add to greedy" in text


def test_fusions_are_counted_against_greedy(tables):
    table = tables["comparisons"].copy()
    here = table["reference"] == "greedy"
    table.loc[here, ["low", "high", "p_holm"]] = [-0.01, 0.01, 0.01]
    table.loc[here & (table["strategy"] == "mean_rank"), ["low", "high"]] = [-0.03, -0.01]
    table.loc[here & (table["strategy"] == "random_forest"), ["low", "high"]] = [0.01, 0.03]
    sentence = sentence_on(tables | {"comparisons": table}, "Of 3 fusions")
    counts = "better 1 (random forest), worse 1 (mean rank), not shown to differ 1 (linear regression)"
    assert sentence.count(counts) == 2


@pytest.mark.parametrize(
    ("column", "what", "says"),
    [
        ("difference", "than its teacher|from its teacher", ("more accurate", "less accurate", "not told")),
        ("over_control", "What the teacher added", ("above the same", "below the same", "not told from the same")),
    ],
)
def test_what_the_small_model_is_worth_follows_its_intervals(tables, column, what, says):
    for gap, word in zip((0.03, -0.03, 0.0), says, strict=True):
        moved = {column: gap, f"{column}_low": gap - 0.01, f"{column}_high": gap + 0.01}
        found = said(tables | {"results": tables["results"].assign(**moved)})
        (sentence,) = (one for one in found if re.search(what, one))
        assert word in sentence and f"kind ({form.points(gap)} points" in sentence and "library (" in sentence
        assert not any(other in sentence for other in says if other != word)


def test_the_range_over_runs_is_that_of_the_runs(tables):
    half = tables["curves"][tables["curves"]["layers"] == 3]
    cells = half.pivot_table(index=["dataset", "seed"], columns="strategy", values="test_accuracy")
    gains = cells["random_forest"] - cells["greedy"]
    assert f"{form.points(gains.min())} to {form.points(gains.max())} points from greedy" in said(tables)[-1]
