"""A method's signature is the schema of its options; one that is no schema is refused in a line that says why."""

import numpy as np
import pytest

from slim.config import check_options
from slim.utils.option_types import Count
from slim.utils.registry import find


def no_type(statistics, *, options):
    pass


def no_star(statistics, bins: Count = 3):
    pass


def any_options(statistics, **options):
    pass


def not_checkable(statistics, *, weights: np.random.Generator | None = None):
    pass


def not_imported(statistics, *, bins: "Cuont" = 3):  # noqa: F821
    pass


def right(observation, *, bins: Count = 3):
    pass


@pytest.mark.parametrize(
    ("signal", "expected"),
    [
        (no_type, "the option 'options' of no_type has no type: annotate it, as in 'options: Count = 3'"),
        (no_star, "no_star(statistics, bins, ...) should read no_star(statistics, *, option: type = default, ...)"),
        (any_options, "any_options(statistics, **options, ...) should read any_options(statistics, *, option"),
        (not_checkable, "the options of not_checkable have types that cannot be checked: "),
        (not_imported, "have types that cannot be checked: name 'Cuont' is not defined"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_signature_that_is_no_schema_is_refused_in_one_line(signal, expected, monkeypatch):
    monkeypatch.setattr(signal, "__module__", "slim.ranking.signals.mine")
    with pytest.raises(ValueError) as refusal:
        check_options("strategies.mine", signal, {})
    assert str(refusal.value).startswith("strategies.mine: ") and "\n" not in str(refusal.value)
    assert expected in str(refusal.value)


def test_a_file_without_its_function_is_named(monkeypatch):
    monkeypatch.delattr("slim.ranking.signals.top_first.top_first")
    with pytest.raises(ValueError, match=r"^slim/ranking/signals/top_first\.py has no function 'top_first': name the"):
        find("ranking/signals", "top_first")


def test_inputs_may_have_any_name(monkeypatch):
    monkeypatch.setattr(right, "__module__", "slim.ranking.signals.mine")
    check_options("strategies.mine", right, {"bins": 2})
    with pytest.raises(ValueError, match=r"strategies\.mine\.bins: input should be greater than or equal to 1, got 0"):
        check_options("strategies.mine", right, {"bins": 0})
