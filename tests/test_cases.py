"""Cases: what a fusion may look at is what the files say, and what they do not say is asked for by name."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import pytest

from slim.ranking.cases import Case, Unmeasured, read_cases
from slim.ranking.removal_order import ranking
from slim.ranking.removals import removals
from slim.utils.option_types import Count, Estimator, Rows, Site, alternatives
from slim.utils.registry import find, names
from tests.builders import lattice

LAYERS = 3
DATASETS, SEEDS = ["library", "section"], [0, 7]
STRATEGIES = ["weight_entropy", "random", "attention_entropy"]
RUNS = ["library/0", "library/7", "section/0", "section/7"]


def scores(strategy: str, run: str) -> np.ndarray:
    """[L], other for every strategy and run."""
    return np.random.default_rng([STRATEGIES.index(strategy), RUNS.index(run)]).normal(size=LAYERS)


def write_orders(folder: Path, remeasured: dict[str, dict[str, list[float]]] | None = None) -> None:
    """What `rank` writes: draws of every strategy, and `remeasured` tables (strategy -> mask -> scores)."""
    for strategy in STRATEGIES:
        of_run = {run: ranking([scores(strategy, run), np.zeros(LAYERS)], "low") for run in RUNS}
        if remeasured is not None:
            of_run = {run: found | {"remeasured": remeasured[strategy]} for run, found in of_run.items()}
        (folder / "orders").mkdir(exist_ok=True)
        content = {"strategy": strategy, "runs": of_run, "variants": []}
        (folder / "orders" / f"{strategy}.json").write_text(json.dumps(content))


def read(folder: Path, datasets: list[str] = DATASETS) -> dict[str, Case]:
    return read_cases(folder / "orders", folder / "lattice/raw", STRATEGIES, datasets, SEEDS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_orders(tmp_path)
    for seed, run in enumerate(RUNS):
        lattice(LAYERS, seed=seed).save(tmp_path / f"lattice/raw/{run}.npz")
    return tmp_path


def test_a_case_holds_the_signals_without_the_controls_and_the_lattice_of_its_run(folder):
    cases = read(folder)
    assert list(cases) == RUNS
    for seed, (run, case) in enumerate(cases.items()):
        assert case.names == ["weight_entropy", "attention_entropy"]
        expected = np.column_stack([scores(name, run) for name in case.names])
        np.testing.assert_array_equal(case.signals, expected)
        np.testing.assert_array_equal(
            case.lattice.losses["validation"], lattice(LAYERS, seed=seed).losses["validation"]
        )
        assert case.remeasured is None
        np.testing.assert_array_equal(case.signals_of(0b101), expected[[0, 2]])


def test_the_others_of_a_case_are_the_other_datasets_of_its_seed(folder):
    write_orders(folder, {name: {} for name in STRATEGIES})
    cases = read(folder)
    for run, other_run in (("library/0", "section/0"), ("section/7", "library/7")):
        (other,) = cases[run].others
        np.testing.assert_array_equal(other.signals, cases[other_run].signals)
        assert other.lattice is cases[other_run].lattice
        assert other.others == ()
        assert other.remeasured is None
    assert read(folder, ["library"])["library/0"].others == ()


def test_an_order_left_over_is_refused(folder):
    (folder / "orders" / "forgotten.json").write_text("{}")
    with pytest.raises(ValueError, match=r"forgotten\.json belongs to no strategy"):
        read(folder)


def test_signals_measured_again_are_looked_up_by_the_layers_present(folder):
    tables = {name: {"5": [1.0 + i, 2.0 + i], "1": [3.0 + i]} for i, name in enumerate(STRATEGIES)}
    write_orders(folder, tables)
    case = read(folder)["section/7"]
    np.testing.assert_array_equal(case.signals_of(0b101), [[1.0, 3.0], [2.0, 4.0]])
    np.testing.assert_array_equal(case.signals_of(0b001), [[3.0, 5.0]])
    np.testing.assert_array_equal(case.signals_of(0b111), case.signals)
    assert case.signals_of(0b101).flags.c_contiguous and case.signals.flags.c_contiguous
    with pytest.raises(Unmeasured, match=r"layers \[1, 2\] \(mask 6\): run dvc repro remeasure"):
        case.signals_of(0b110)
    with pytest.raises(Unmeasured, match="mask 3"):
        removals(case, "lattice")
    assert removals(case, "leave_one_out").evaluations == 4
    del tables["attention_entropy"]["5"]
    write_orders(folder, tables)
    with pytest.raises(Unmeasured, match="attention_entropy was not measured again"):
        read(folder)["section/7"].signals_of(0b101)


def test_rows_of_others_use_signals_of_their_intact_models(folder):
    write_orders(folder, {name: {} for name in STRATEGIES})
    case = read(folder)["library/0"]
    (other,) = case.others
    np.testing.assert_array_equal(
        removals(case, "other_datasets").features, removals(replace(other, others=()), "lattice").features
    )


# --- alternatives ---


def test_alternatives_change_one_categorical_option_at_a_time():
    def function(
        signals: Literal["a", "b"],
        *,
        site: Site = "output",
        folds: Count = 5,
        way: Literal["up", "down", "left"] = "down",
        limit: Annotated[int, "positive"] | None = None,
    ) -> None: ...

    assert alternatives(function, {}) == [("site", "update"), ("way", "up"), ("way", "left")]
    given = {"way": "left", "site": "update", "folds": 3}
    assert alternatives(function, given) == [("site", "output"), ("way", "up"), ("way", "down")]
    assert alternatives(lambda signals: None, {}) == []


def test_the_categorical_options_of_the_families():
    found = {
        (family, option): [value for other, value in alternatives(find(family, name), {}) if other == option]
        for family in ("signals", "fusions")
        for name in names(family)
        for option, _ in alternatives(find(family, name), {})
    }
    assert found == {
        ("signals", "site"): [value for value in Site.__args__ if value != "output"],
        ("signals", "estimator"): [value for value in Estimator.__args__ if value != "probe"],
        ("fusions", "rows"): [value for value in Rows.__args__ if value != "trajectories"],
    }
