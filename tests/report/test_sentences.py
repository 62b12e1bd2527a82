"""Sentences about teacher, floor, fusions and size follow what was measured."""

import numpy as np
import pandas as pd
import pytest

from slim.report.sentences import control_sentences, floor_sentences, fusion_sentences, size_sentences
from slim.report.tables import _format as form
from slim.report.tables.models import models
from tests._synthetic import DATASETS, STUDENTS
from tests.report.made_up import said


@pytest.mark.parametrize(
    ("gain", "says"), [(0.01, "the teacher helped"), (-0.01, "the teacher hurt"), (0.001, "no help of the teacher")]
)
def test_the_sentence_about_the_teacher_follows_the_interval(found, gain, says):
    shifted = found.assign(over_control=gain, over_control_low=gain - 0.006, over_control_high=gain + 0.006)
    sentences = control_sentences(models(shifted))
    assert len(sentences) == len(DATASETS) * len(STUDENTS)
    assert all(says in sentence and form.points(gain) in sentence for sentence in sentences)


@pytest.mark.parametrize(("gap", "says"), [(-0.05, "more accurate"), (0.05, "a bug"), (0.0, "cannot be told")])
def test_the_sentence_about_the_floor_follows_the_interval(found, gap, says):
    shifted = found.assign(difference=gap, difference_low=gap - 0.01, difference_high=gap + 0.01)
    assert all(says in sentence for sentence in floor_sentences(models(shifted)))
    turned = {"more accurate": "less accurate than its", "a bug": "more accurate than its"}.get(says, says)
    assert all(turned in sentence for sentence in size_sentences(models(shifted)))


@pytest.mark.parametrize(("cut", "says"), [(0.97, "cut at 32 tokens (97 % of them)"), (0.02, "bug"), (np.nan, "bug")])
def test_a_teacher_that_reads_less_than_the_floor_may_be_below_it(found, tables, cut, says):
    shifted = found.assign(difference=0.05, difference_low=0.04, difference_high=0.06, max_tokens=32.0, cut=cut)
    sentences = floor_sentences(models(shifted))
    assert all(says in sentence and ("bug" in sentence) == (says == "bug") for sentence in sentences)
    (short,) = [sentence for sentence in said({**tables, "results": shifted}) if "below the linear floor" in sentence]
    assert says in short and ("which is a bug" in short) == (says == "bug")
    for dataset in DATASETS:
        assert f"{dataset} (−5.0 points [−6.0, −4.0])" in short


@pytest.mark.parametrize(("gain", "says"), [(0.02, "the signals add to it"), (-0.02, "the signals add nothing")])
def test_the_sentence_about_fusion_follows_the_seeds(lines, gain, says):
    greedy = lines[lines["strategy"] == "greedy"]
    moved = greedy.assign(strategy="random_forest", family="fusion", test_accuracy=greedy["test_accuracy"] + gain)
    sentences = fusion_sentences(pd.concat([greedy, moved]))
    assert len(sentences) == len(DATASETS)
    assert all(says in sentence and form.points(gain) in sentence for sentence in sentences)


def test_one_seed_claims_no_gain_and_a_tie_is_no_gain(lines):
    greedy = lines[(lines["strategy"] == "greedy") & (lines["seed"] == 0)]
    better = greedy.assign(strategy="random_forest", family="fusion", test_accuracy=greedy["test_accuracy"] + 0.01)
    assert "one seed cannot show" in fusion_sentences(pd.concat([greedy, better]))[0]
    equal = better.assign(test_accuracy=greedy["test_accuracy"])
    assert "the signals add nothing" in fusion_sentences(pd.concat([greedy, equal]))[0]


def test_unmeasured_differences_make_no_sentence(found):
    nothing = models(found.assign(over_control=np.nan, difference=np.nan))
    assert control_sentences(nothing) == floor_sentences(nothing) == size_sentences(nothing) == []
