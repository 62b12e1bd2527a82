"""What every fusion promises."""

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from slim.ranking.fusion import FusionResult, run_fusion
from slim.ranking.fusion_input import FusionInput, NotMeasuredError
from slim.ranking.removal_order import path, removal_order
from slim.ranking.removals import ROWS, removals
from slim.subsets.lattice import Lattice, layers_of
from slim.utils.option_types import alternatives
from slim.utils.registry import find, names
from tests.builders import lattice, subsets
from tests.fusion_inputs import LEARNED, another_test, full_fit, fuse, fusion_input, noise, signal_names, weights

NOT_NESTED = {"oracle"}


def full_input(measured: Lattice | None = None) -> FusionInput:
    """A run with two other datasets, so that rows of any kind exist."""
    others = tuple(fusion_input(noise(seed=seed), lattice(seed=seed)) for seed in (1, 2))
    return fusion_input(accuracies=measured, others=others)


def disturbed(signals: np.ndarray, seed: int = 0):
    """Iterative signals: those of the intact model, disturbed in another way for every subset."""

    def at(mask: int) -> np.ndarray:
        rng = np.random.default_rng([seed, mask])
        here = signals[layers_of(mask)]
        return here if mask == (1 << len(signals)) - 1 else here + rng.normal(size=here.shape)

    return at


def test_four_fusions_and_three_baselines():
    assert names("ranking/fusions") == sorted([*LEARNED, "greedy", "mean_rank", "oracle"])


@pytest.mark.parametrize("iterative_signals", [None, disturbed(noise())], ids=["one_shot", "iterative"])
@pytest.mark.parametrize("name", names("ranking/fusions"))
def test_a_fusion_returns_a_path_and_plain_json(name, iterative_signals):
    inputs = replace(fusion_input(), iterative_signals=iterative_signals)
    result = fuse(name, inputs)
    assert [len(step) for step in result.path] == [4, 3, 2, 1]
    assert all(step == sorted(set(step)) and set(step) <= set(range(4)) for step in result.path)
    if name not in NOT_NESTED:
        assert all(set(after) < set(before) for before, after in pairwise(result.path))
    assert result.scores is None or len(result.scores) == 4
    assert json.loads(json.dumps([result.path, result.scores, full_fit(result)], allow_nan=False))
    assert result.fit["evaluations"] >= 0
    again = fuse(name, inputs)
    assert again == result and full_fit(again) == full_fit(result)
    np.testing.assert_array_equal(inputs.signals, noise())


@pytest.mark.parametrize("name", names("ranking/fusions"))
def test_a_fusion_copes_with_one_layer(name):
    options = {"rows": "other_datasets"} if name in LEARNED else {}
    assert fuse(name, fusion_input(noise(1), lattice(1), others=(fusion_input(),)), **options).path == [[0]]


@pytest.mark.parametrize("name", names("ranking/fusions"))
def test_a_fusion_never_looks_at_the_test_split(name):
    result, other = fuse(name, fusion_input()), fuse(name, fusion_input(accuracies=another_test(lattice())))
    assert result == other and full_fit(result) == full_fit(other)


@pytest.mark.parametrize("name", LEARNED)
@pytest.mark.parametrize("rows", ROWS)
def test_a_learned_fusion_takes_any_rows_and_reports_its_fit(name, rows):
    result = fuse(name, full_input(), rows=rows)
    assert {"rows", "evaluations", "r2_in_sample", "r2_out_of_sample"} < set(full_fit(result))
    assert ("r2_here" in result.fit) == (rows == "other_datasets")
    assert list(weights(name, result)) == signal_names(3)
    assert result.path == path(removal_order(result.scores, "high"))


@pytest.mark.parametrize("name", LEARNED)
def test_a_lattice_where_nothing_matters_has_no_r2(name):
    flat = lattice(accuracy_of=lambda mask: 0.5)
    result = fuse(name, fusion_input(accuracies=flat))
    assert not {"r2_in_sample", "r2_out_of_sample"} & set(full_fit(result))
    assert list(weights(name, result).values()) == [0.0] * 3
    assert result.scores == pytest.approx([0.0] * 4)
    with pytest.raises(ValueError, match="2 names for 3 signals"):
        fuse(name, fusion_input(names=signal_names(2)))


def test_a_learned_fusion_learns_from_the_sample():
    result = fuse("ridge", fusion_input(), rows="lattice", sample=7, seed=3)
    assert result.fit["rows"] == 7
    assert result.fit["evaluations"] == removals(fusion_input(), "lattice", sample=7, seed=3).evaluations < 15
    assert result != fuse("ridge", fusion_input(), rows="lattice", sample=7, seed=4)


def test_a_fusion_is_written_with_its_variants():
    inputs = {"one/0": full_input(), "two/0": full_input(lattice(seed=5))}
    content, left_out = run_fusion("ridge", inputs, {"rows": "lattice", "alpha": 2.0})
    assert left_out == []
    assert set(content) == {"strategy", "runs", "fit", "variants"}
    one = fuse("ridge", inputs["two/0"], rows="lattice", alpha=2.0)
    assert content["runs"]["two/0"] == {"scores": [one.scores], "paths": [one.path]}
    assert content["fit"]["two/0"] == full_fit(one)
    changed = [(variant["option"], variant["value"]) for variant in content["variants"]]
    assert changed == [("rows", "leave_one_out"), ("rows", "trajectories"), ("rows", "other_datasets")]
    other = fuse("ridge", inputs["one/0"], rows="other_datasets", alpha=2.0)
    assert content["variants"][2]["runs"]["one/0"] == {"scores": [other.scores], "paths": [other.path]}
    assert content["variants"][2]["fit"]["one/0"] == other.fit
    assert run_fusion("greedy", inputs, {})[0]["variants"] == []


def test_a_variant_that_lacks_measurements_is_left_out_and_named():
    sparse = lattice(masks=[mask for mask in subsets(4) if mask.bit_count() < 3])
    content, left_out = run_fusion("ridge", {"one/0": fusion_input(accuracies=sparse)}, {"rows": "lattice"})
    assert [variant["value"] for variant in content["variants"]] == ["trajectories"]
    assert len(left_out) == 2
    assert "ridge: without its variant rows = leave_one_out" in left_out[0]
    assert "second dataset" in left_out[1]
    with pytest.raises(NotMeasuredError, match="leave_one_out"):
        run_fusion("ridge", {"one/0": fusion_input(accuracies=sparse)}, {"rows": "leave_one_out"})


def test_a_mistake_in_a_variant_is_not_taken_for_a_lack():
    broken = fusion_input(others=(fusion_input(np.full((4, 3), np.nan)),))
    with pytest.raises(ValueError, match="finite"):
        run_fusion("ridge", {"one/0": broken}, {"rows": "lattice"})


@pytest.mark.parametrize(
    "wrong",
    [[], [[0, 1, 2]], [[0, 1, 2, 3], []], [[0, 1, 2, 3], [0, 4]], [[0, 1, 2, 3], [0, 1], [1, 2]]],
    ids=["empty", "not all", "none left", "unknown layer", "not fewer"],
)
def test_a_path_that_is_none_is_refused(wrong, monkeypatch):
    monkeypatch.setattr("slim.ranking.fusions.mean_rank.mean_rank", lambda inputs: FusionResult(path=wrong))
    with pytest.raises(ValueError, match=r"^fusions\.mean_rank: no path from 4 layers to one") as refusal:
        run_fusion("mean_rank", {"one/0": fusion_input()}, {})
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("name", names("ranking/fusions"))
def test_the_variants_of_a_fusion_are_its_rows(name):
    expected = [("rows", rows) for rows in ROWS if rows != "lattice"] if name in LEARNED else []
    assert alternatives(find("ranking/fusions", name), {"rows": "lattice"}) == expected
