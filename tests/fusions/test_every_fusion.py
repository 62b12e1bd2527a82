"""What every fusion promises."""

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from slim.ranking.cases import Case, Unmeasured
from slim.ranking.fusions._fused import fused
from slim.ranking.removal_order import path, removal_order
from slim.ranking.removals import ROWS, removals
from slim.subsets.lattice import Lattice, layers_of
from slim.utils.option_types import alternatives
from slim.utils.registry import find, names
from tests.builders import lattice, subsets
from tests.fusions.made_up import LEARNED, another_test, called, case, combined, noise, weights

NOT_NESTED = {"oracle"}


def full_case(found: Lattice | None = None) -> Case:
    """One with two other datasets, so that any rows can be had."""
    others = tuple(case(noise(seed=seed), lattice(seed=seed)) for seed in (1, 2))
    return case(found=found, others=others)


def again(signals: np.ndarray, seed: int = 0):
    """Signals measured again: those of the intact model, disturbed in another way on every set of layers."""

    def at(mask: int) -> np.ndarray:
        rng = np.random.default_rng([seed, mask])
        here = signals[layers_of(mask)]
        return here if mask == (1 << len(signals)) - 1 else here + rng.normal(size=here.shape)

    return at


def test_four_fusions_and_three_controls():
    assert names("ranking/fusions") == sorted([*LEARNED, "greedy", "mean_rank", "oracle"])


@pytest.mark.parametrize("remeasured", [None, again(noise())], ids=["one_shot", "iterative"])
@pytest.mark.parametrize("name", names("ranking/fusions"))
def test_a_fusion_returns_a_path_and_plain_json(name, remeasured):
    one = replace(case(), remeasured=remeasured)
    found = combined(name, one)
    assert [len(step) for step in found.path] == [4, 3, 2, 1]
    assert all(step == sorted(set(step)) and set(step) <= set(range(4)) for step in found.path)
    if name not in NOT_NESTED:
        assert all(set(after) < set(before) for before, after in pairwise(found.path))
    assert found.scores is None or len(found.scores) == 4
    assert json.loads(json.dumps([found.path, found.scores, found.fit], allow_nan=False))
    assert found.fit["evaluations"] >= 0
    assert combined(name, one) == found
    np.testing.assert_array_equal(one.signals, noise())


@pytest.mark.parametrize("name", names("ranking/fusions"))
def test_a_fusion_copes_with_one_layer(name):
    if name in LEARNED:
        assert combined(name, case(noise(1), lattice(1), others=(case(),)), rows="other_datasets").path == [[0]]
    else:
        assert combined(name, case(noise(1), lattice(1))).path == [[0]]


@pytest.mark.parametrize("name", names("ranking/fusions"))
def test_a_fusion_never_looks_at_the_test_split(name):
    assert combined(name, case()) == combined(name, case(found=another_test(lattice())))


@pytest.mark.parametrize("name", LEARNED)
@pytest.mark.parametrize("rows", ROWS)
def test_a_learned_fusion_takes_any_rows_and_reports_its_fit(name, rows):
    found = combined(name, full_case(), rows=rows)
    assert {"rows", "evaluations", "r2_in_sample", "r2_out_of_sample"} < set(found.fit)
    assert ("r2_here" in found.fit) == (rows == "other_datasets")
    assert list(weights(name, found)) == called(3)
    assert found.path == path(removal_order(found.scores, "high"))


@pytest.mark.parametrize("name", LEARNED)
def test_a_lattice_where_nothing_matters_has_no_r2(name):
    flat = lattice(accuracy_of=lambda mask: 0.5)
    found = combined(name, case(found=flat))
    assert not {"r2_in_sample", "r2_out_of_sample"} & set(found.fit)
    assert found.scores == pytest.approx([0.0] * 4)
    with pytest.raises(ValueError, match="2 names for 3 signals"):
        combined(name, case(names=called(2)))


def test_a_learned_fusion_learns_from_the_sample():
    found = combined("ridge", case(), rows="lattice", sample=7, seed=3)
    assert found.fit["rows"] == 7
    assert found.fit["evaluations"] == removals(case(), "lattice", sample=7, seed=3).evaluations < 15
    assert found != combined("ridge", case(), rows="lattice", sample=7, seed=4)


def test_a_fusion_is_written_with_its_variants():
    cases = {"one/0": full_case(), "two/0": full_case(lattice(seed=5))}
    content, left_out = fused("ridge", cases, {"rows": "lattice", "alpha": 2.0})
    assert left_out == []
    assert set(content) == {"strategy", "runs", "fit", "variants"}
    one = combined("ridge", cases["two/0"], rows="lattice", alpha=2.0)
    assert content["runs"]["two/0"] == {"scores": [one.scores], "paths": [one.path]}
    assert content["fit"]["two/0"] == one.fit
    changed = [(variant["option"], variant["value"]) for variant in content["variants"]]
    assert changed == [("rows", "leave_one_out"), ("rows", "trajectories"), ("rows", "other_datasets")]
    other = combined("ridge", cases["one/0"], rows="other_datasets", alpha=2.0)
    assert content["variants"][2]["runs"]["one/0"] == {"scores": [other.scores], "paths": [other.path]}
    assert content["variants"][2]["fit"]["one/0"] == other.fit
    assert fused("greedy", cases, {})[0]["variants"] == []


def test_a_variant_that_lacks_measurements_is_left_out_and_named():
    sparse = lattice(masks=[mask for mask in subsets(4) if mask.bit_count() < 3])
    content, left_out = fused("ridge", {"one/0": case(found=sparse)}, {"rows": "lattice"})
    assert [variant["value"] for variant in content["variants"]] == ["trajectories"]
    assert len(left_out) == 2
    assert "ridge: without its variant rows = leave_one_out" in left_out[0]
    assert "second dataset" in left_out[1]
    with pytest.raises(Unmeasured, match="leave_one_out"):
        fused("ridge", {"one/0": case(found=sparse)}, {"rows": "leave_one_out"})


def test_a_mistake_in_a_variant_is_not_taken_for_a_lack():
    broken = case(others=(case(np.full((4, 3), np.nan)),))
    with pytest.raises(ValueError, match="finite"):
        fused("ridge", {"one/0": broken}, {"rows": "lattice"})


@pytest.mark.parametrize("name", names("ranking/fusions"))
def test_the_variants_of_a_fusion_are_its_rows(name):
    expected = [("rows", rows) for rows in ROWS if rows != "lattice"] if name in LEARNED else []
    assert alternatives(find("ranking/fusions", name), {"rows": "lattice"}) == expected
