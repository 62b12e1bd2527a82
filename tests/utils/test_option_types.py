"""The other values of categorical options, which become variants."""

from typing import Annotated, Literal

from slim.utils.option_types import Count, Estimator, Site, TrainingRows, alternatives
from slim.utils.registry import find, names


def test_alternatives_change_one_categorical_option_at_a_time():
    def function(
        signals: Literal["a", "b"],
        *,
        site: Site = "output",
        cv: Count = 5,
        way: Literal["up", "down", "left"] = "down",
        limit: Annotated[int, "positive"] | None = None,
    ) -> None: ...

    assert alternatives(function, {}) == [("site", "update"), ("way", "up"), ("way", "left")]
    given = {"way": "left", "site": "update", "cv": 3}
    assert alternatives(function, given) == [("site", "output"), ("way", "up"), ("way", "down")]
    assert alternatives(lambda signals: None, {}) == []


def test_the_categorical_options_of_signals_and_fusions():
    options = {
        (folder, option): [value for other, value in alternatives(find(folder, name), {}) if other == option]
        for folder in ("ranking/signals", "ranking/fusions")
        for name in names(folder)
        for option, _ in alternatives(find(folder, name), {})
    }
    assert options == {
        ("ranking/signals", "site"): [value for value in Site.__args__ if value != "output"],
        ("ranking/signals", "estimator"): [value for value in Estimator.__args__ if value != "probe"],
        ("ranking/fusions", "rows"): [value for value in TrainingRows.__args__ if value != "trajectories"],
    }
