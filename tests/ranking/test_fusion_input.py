"""The input of a fusion is what the files hold; what they lack is named."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from slim.ranking.fusion_input import FusionInput, NotMeasuredError, read_fusion_inputs
from slim.ranking.removal_order import ranking
from slim.ranking.removals import removals
from slim.subsets.lattice import Lattice
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


def read(folder: Path, datasets: list[str] = DATASETS) -> dict[str, FusionInput]:
    def lattice_with(run: str, masks: set[int]) -> Lattice:
        return Lattice.load(folder / f"lattice/raw/{run}.npz")

    return read_fusion_inputs(folder / "orders", lattice_with, STRATEGIES, datasets, SEEDS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_orders(tmp_path)
    for seed, run in enumerate(RUNS):
        lattice(LAYERS, seed=seed).save(tmp_path / f"lattice/raw/{run}.npz")
    return tmp_path


def test_the_input_has_the_signals_without_the_baselines_and_the_lattice_of_its_run(folder):
    inputs_by_run = read(folder)
    assert list(inputs_by_run) == RUNS
    for seed, (run, inputs) in enumerate(inputs_by_run.items()):
        assert inputs.names == ["weight_entropy", "attention_entropy"]
        expected = np.column_stack([scores(name, run) for name in inputs.names])
        np.testing.assert_array_equal(inputs.signals, expected)
        np.testing.assert_array_equal(
            inputs.lattice.losses["validation"], lattice(LAYERS, seed=seed).losses["validation"]
        )
        assert inputs.iterative_signals is None
        np.testing.assert_array_equal(inputs.signals_of(0b101), expected[[0, 2]])


def test_the_others_are_the_other_datasets_of_its_seed(folder):
    write_orders(folder, {name: {} for name in STRATEGIES})
    inputs_by_run = read(folder)
    for run, other_run in (("library/0", "section/0"), ("section/7", "library/7")):
        (other,) = inputs_by_run[run].others
        np.testing.assert_array_equal(other.signals, inputs_by_run[other_run].signals)
        assert other.lattice is inputs_by_run[other_run].lattice
        assert other.others == ()
        assert other.iterative_signals is None
    assert read(folder, ["library"])["library/0"].others == ()


def test_an_order_left_over_is_refused(folder):
    (folder / "orders" / "forgotten.json").write_text("{}")
    with pytest.raises(ValueError, match=r"forgotten\.json belongs to no strategy"):
        read(folder)


def test_iterative_signals_are_looked_up_by_the_layers_present(folder):
    tables = {name: {"5": [1.0 + i, 2.0 + i], "1": [3.0 + i]} for i, name in enumerate(STRATEGIES)}
    write_orders(folder, tables)
    inputs = read(folder)["section/7"]
    np.testing.assert_array_equal(inputs.signals_of(0b101), [[1.0, 3.0], [2.0, 4.0]])
    np.testing.assert_array_equal(inputs.signals_of(0b001), [[3.0, 5.0]])
    np.testing.assert_array_equal(inputs.signals_of(0b111), inputs.signals)
    assert inputs.signals_of(0b101).flags.c_contiguous and inputs.signals.flags.c_contiguous
    with pytest.raises(NotMeasuredError, match=r"layers \[1, 2\] \(mask 6\): run `dvc repro remeasure`"):
        inputs.signals_of(0b110)
    with pytest.raises(NotMeasuredError, match="mask 3"):
        removals(inputs, "lattice")
    assert removals(inputs, "leave_one_out").evaluations == 4
    del tables["attention_entropy"]["5"]
    write_orders(folder, tables)
    with pytest.raises(NotMeasuredError, match="attention_entropy was not measured"):
        read(folder)["section/7"].signals_of(0b101)


def test_rows_of_others_use_signals_of_their_intact_models(folder):
    write_orders(folder, {name: {} for name in STRATEGIES})
    inputs = read(folder)["library/0"]
    (other,) = inputs.others
    np.testing.assert_array_equal(
        removals(inputs, "other_datasets").features, removals(replace(other, others=()), "lattice").features
    )
