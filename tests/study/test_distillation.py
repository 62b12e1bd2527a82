"""Ways to teach, each against its control."""

import pytest

from slim.report.study.distillation import COLUMNS as DISTILLATION
from slim.report.study.distillation import changes, distillation
from slim.report.study.sentences import (
    distillation_sentences,
)
from tests.study.planted import QUICK, VARIANTS, lessons, only


def test_every_way_to_teach_is_compared_with_its_own_control():
    table = distillation({"a/0": lessons()}, VARIANTS, **QUICK)
    assert list(table.columns) == DISTILLATION
    soft, hidden = only(table, variant="soft"), only(table, variant="hidden")
    assert (soft["accuracy"], soft["control_accuracy"], soft["over_control"]) == pytest.approx((0.76, 0.7, 0.06))
    assert soft["over_control_low"] > 0 and soft["p_holm"] == pytest.approx(2 * soft["p"]) and soft["steps"] == 125
    assert (hidden["over_control"], hidden["p"], hidden["p_holm"], hidden["changes"]) == (0, 1, 1, "")
    assert soft["changes"] == changes({"alpha": 1.0, "transfer": 4000}) == "alpha 1, transfer 4000"


def test_no_ways_to_teach_make_an_empty_table():
    assert distillation({"a/0": {}}, {}).empty and distillation_sentences(distillation({}, {})) == []


@pytest.mark.parametrize(("helps", "says"), [(0.06, "1 help and 0 hurt: soft"), (-0.06, "0 help and 1 hurt: soft"),
                                              (0.002, "none is shown to help or hurt")])  # fmt: skip
def test_the_sentence_about_teaching_follows_holms_p(helps, says):
    table = distillation({"a/0": lessons(helps)}, VARIANTS, **QUICK)
    (sentence,) = distillation_sentences(table)
    assert says in sentence and "(alpha 1, transfer 4000)" in sentence and f"{abs(100 * helps):.1f} points" in sentence
