"""Orders, removals and every fusion: the promises of the family, then each against a planted or re-made answer."""

import json
from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy.stats import rankdata

from slim.cases import Case, Unmeasured
from slim.family import find, names
from slim.fusions._fused import Fused, fused
from slim.lattice import Lattice, layers_of, mask_of
from slim.options import alternatives
from slim.orders import keep_scores, path, removal_order, walk
from slim.removals import ROWS, removals, standardised
from tests.builders import lattice, subsets

LEARNED = ("gradient_boosting", "linear_regression", "random_forest", "ridge")
LINES = ("linear_regression", "ridge")
NOT_NESTED = {"oracle"}
scores = some.lists(some.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=12)
ends = some.sampled_from(["low", "high"])


def noise(layers: int = 4, count: int = 3, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(layers, count))


def called(count: int) -> list[str]:
    return [f"signal_{i}" for i in range(count)]


def case(signals: np.ndarray | None = None, found: Lattice | None = None, **more) -> Case:
    """A run of one dataset: noise and a lattice drawn by chance, unless given."""
    signals = noise() if signals is None else signals
    return Case(**{"names": called(signals.shape[1]), "signals": signals, "lattice": found or lattice(), **more})


def combined(name: str, one: Case, **options) -> Fused:
    return find("fusions", name)(one, **options)


def weights(name: str, found: Fused) -> dict[str, float]:
    return found.fit["coefficients" if name in LINES else "importances"]


# --- orders ---


@given(scores, ends)
def test_an_order_is_a_permutation_from_the_chosen_end(values, prune_first):
    order = removal_order(values, prune_first)
    assert sorted(order) == list(range(len(values)))
    ordered = [values[layer] for layer in order]
    assert ordered == sorted(values, reverse=prune_first == "high")
    assert order == removal_order(keep_scores(values, prune_first), "low")
    assert all(a > b for a, b in pairwise(order) if values[a] == values[b])


@given(scores)
def test_a_path_drops_one_layer_at_a_time_down_to_one(values):
    steps = path(removal_order(values, "low"))
    assert [len(kept) for kept in steps] == list(range(len(values), 0, -1))
    assert steps[0] == list(range(len(values)))
    assert all(set(after) < set(before) and after == sorted(after) for before, after in pairwise(steps))


def test_orders_in_three_layers():
    assert removal_order([2.0, 1.0, 3.0], "low") == [1, 0, 2]
    assert removal_order([2.0, 1.0, 3.0], "high") == [2, 0, 1]
    assert removal_order([1.0, 1.0, 1.0], "high") == [2, 1, 0]
    assert path([1, 0, 2]) == [[0, 1, 2], [0, 2], [2]]


def test_scores_that_order_nothing_are_refused():
    for bad in (np.nan, np.inf, -np.inf):
        with pytest.raises(ValueError, match="layer 1 has no finite score"):
            removal_order([0.0, bad, 1.0], "low")
    with pytest.raises(ValueError, match="'low' or 'high'"):
        removal_order([0.0], "last")
    with pytest.raises(ValueError, match="one score a layer"):
        removal_order([[0.0]], "low")


@given(some.lists(some.integers(0, 3), min_size=1, max_size=8))
def test_a_walk_by_scores_that_stay_the_same_is_the_path_of_the_order(values):
    scores = np.array(values, np.float64)
    assert walk(len(values), lambda mask: scores[layers_of(mask)]) == path(removal_order(scores, "low"))


def test_a_walk_asks_again_at_every_set_and_never_for_a_single_layer():
    scores = {0b111: [3.0, 1.0, 2.0], 0b101: [0.0, 9.0]}  # one shot would keep 0 last
    assert walk(3, lambda mask: np.array(scores[mask])) == [[0, 1, 2], [0, 2], [2]]
    assert walk(1, lambda mask: np.array([])) == [[0]]


# --- removals ---


def test_leave_one_out_has_a_row_and_a_group_a_layer():
    found = lattice()
    data = removals(case(found=found), "leave_one_out")
    intact = found.accuracy(0b1111, "validation")
    changes = [found.accuracy(0b1111 ^ 1 << layer, "validation") - intact for layer in range(4)]
    assert data.target == pytest.approx(changes)
    assert data.evaluations == 5
    assert len(set(data.groups.tolist())) == 4
    np.testing.assert_allclose(data.features, standardised(noise()))


def test_trajectories_follow_every_signal_once():
    signals = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 5.0], [3.0, 4.0]])  # paths 0 1 2 and 0 1 3
    data = removals(case(signals), "trajectories")
    assert data.groups.tolist() == [0b1100, 0b1100, 0b1110, 0b1111]
    assert data.evaluations == 5  # 1111, 1110, 1100, 1000, 0100
    assert removals(case(signals[:, [0, 0, 0]]), "trajectories").evaluations == 4


def test_lattice_rows_are_all_removals_that_leave_a_layer():
    data = removals(case(), "lattice")
    pairs = [(mask, layer) for mask in subsets(4) if mask.bit_count() > 1 for layer in layers_of(mask)]
    assert data.groups.tolist() == [mask for mask, _ in pairs]
    assert (len(data.target), data.evaluations) == (28, 15)


def test_a_sample_of_the_lattice_is_of_the_asked_size_and_seeded():
    def drawn(seed: int, sample: int | None = 10) -> list[tuple[float, ...]]:
        data = removals(case(), "lattice", sample=sample, seed=seed)
        assert len(data.features) == len(data.target) == len(data.groups)
        assert data.evaluations <= 2 * len(data.target)
        return [(*row, change) for row, change in zip(data.features.tolist(), data.target.tolist(), strict=True)]

    everything = drawn(0, None)
    assert len(drawn(0)) == len(set(drawn(0))) == 10
    assert drawn(0) == [row for row in everything if row in drawn(0)]
    assert drawn(0) == drawn(0) != drawn(1)
    assert drawn(0, 28) == drawn(5, 1000) == everything


@pytest.mark.parametrize(
    ("rows", "masks", "groups"),
    [
        ("lattice", [0b1111, 0b1110, 0b0111, 0b0001], [0b1111, 0b1111]),
        ("leave_one_out", [0b1111, 0b0111], [3]),
        ("trajectories", [0b1110, 0b1100, 0b1000, 0b0100], [0b1100, 0b1100, 0b1110]),
    ],
)
def test_where_not_all_is_measured_rows_are_the_removals_measured_on_both_ends(rows, masks, groups):
    signals = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 5.0], [3.0, 4.0]])
    data = removals(case(signals, lattice(masks=masks)), rows)
    assert data.groups.tolist() == groups
    assert len(data.target) == len(groups)


@pytest.mark.parametrize("rows", ["leave_one_out", "trajectories", "lattice"])
def test_where_no_removal_is_measured_on_both_ends_the_remedy_is_named(rows):
    with pytest.raises(Unmeasured, match=r"ablate\.max_subsets, or recover\.sizes"):
        removals(case(found=lattice(masks=[0b1111, 0b0011, 0b1100])), rows)


def test_features_are_standardised_over_the_layers_present():
    signals = noise(3, 4)
    signals[:, 3] = 0.1
    present = standardised(signals)
    assert present[:, :3].mean(axis=0) == pytest.approx(0)
    assert present[:, :3].std(axis=0) == pytest.approx(1)
    assert (present[:, 3] == 0).all()
    np.testing.assert_allclose(present[:, :3], standardised(7 * signals - 3)[:, :3])


def test_signals_and_rows_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="unknown rows 'all'"):
        removals(case(), "all")
    with pytest.raises(ValueError, match="4 layers"):
        removals(case(noise(3)), "lattice")
    with pytest.raises(ValueError, match="finite"):
        removals(case(np.full((4, 1), np.nan)), "lattice")
    for rows in set(ROWS) - {"other_datasets"}:
        with pytest.raises(ValueError, match="two layers or more"):
            removals(case(noise(1), lattice(1)), rows)


def test_rows_of_other_datasets_hold_nothing_of_this_one():
    others = tuple(case(noise(seed=seed), lattice(seed=seed)) for seed in (1, 2))
    data = removals(case(others=others), "other_datasets")
    lone = [removals(other, "lattice") for other in others]
    np.testing.assert_array_equal(data.features, np.concatenate([d.features for d in lone]))
    np.testing.assert_array_equal(data.target, np.concatenate([d.target for d in lone]))
    assert data.groups.tolist() == [0] * 28 + [1] * 28
    assert data.evaluations == 0
    twins = removals(case(others=(others[0], others[0])), "other_datasets", sample=5)
    assert twins.groups.tolist() == [0] * 5 + [1] * 5
    assert twins.target[:5].tolist() != twins.target[5:].tolist()  # not the same draw twice
    unmeasured = case(found=lattice(masks=[0b1111]), others=others)
    np.testing.assert_array_equal(removals(unmeasured, "other_datasets").target, data.target)
    with pytest.raises(Unmeasured, match=r"second dataset in grid\.datasets"):
        removals(case(), "other_datasets")


# --- the family ---


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
    assert names("fusions") == sorted([*LEARNED, "greedy", "mean_rank", "oracle"])


@pytest.mark.parametrize("remeasured", [None, again(noise())], ids=["one_shot", "iterative"])
@pytest.mark.parametrize("name", names("fusions"))
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


@pytest.mark.parametrize("name", names("fusions"))
def test_a_fusion_copes_with_one_layer(name):
    if name in LEARNED:
        assert combined(name, case(noise(1), lattice(1), others=(case(),)), rows="other_datasets").path == [[0]]
    else:
        assert combined(name, case(noise(1), lattice(1))).path == [[0]]


def another_test(found: Lattice) -> Lattice:
    """The same lattice with a test split on which whatever was best is worst."""
    return replace(
        found,
        labels={**found.labels, "test": 1 - found.labels["test"]},
        losses={**found.losses, "test": -found.losses["test"]},
    )


@pytest.mark.parametrize("name", names("fusions"))
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


# --- what is written ---


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


@pytest.mark.parametrize("name", names("fusions"))
def test_the_variants_of_a_fusion_are_its_rows(name):
    expected = [("rows", rows) for rows in ROWS if rows != "lattice"] if name in LEARNED else []
    assert alternatives(find("fusions", name), {"rows": "lattice"}) == expected


# --- planted answers ---

WORTH = np.array([0.02, 0.16, 0.08, 0.13, 0.05, 0.1])
"""What each layer adds to the accuracy of `additive`."""


def additive(worth: np.ndarray = WORTH) -> Lattice:
    return lattice(len(worth), lambda mask: 0.4 + sum(worth[layer] for layer in layers_of(mask)))


def planted(worth: np.ndarray = WORTH, seed: int = 0) -> np.ndarray:
    """The worth of each layer, then three signals that know nothing."""
    return np.column_stack([worth, noise(len(worth), seed=seed)])


@pytest.mark.parametrize("name", LEARNED)
def test_a_learned_fusion_finds_the_planted_signal(name):
    found = combined(name, case(planted(), additive()), rows="lattice")
    learned = weights(name, found)
    assert max(learned, key=lambda signal: abs(learned[signal])) == "signal_0"
    assert learned["signal_0"] * (-1 if name in LINES else 1) > 0  # what is worth more, costs more
    assert found.path == path(np.argsort(WORTH).tolist())
    assert found.fit["r2_out_of_sample"] > 0.5
    assert found.fit["r2_in_sample"] > found.fit["r2_out_of_sample"]


@pytest.mark.parametrize("name", LEARNED)
def test_a_learned_fusion_finds_nothing_in_noise(name):
    assert combined(name, case(noise(6), lattice(6)), rows="lattice").fit["r2_out_of_sample"] < 0.2


@pytest.mark.parametrize("name", LEARNED)
def test_a_rule_learned_on_other_datasets_orders_one_without_any_evaluation(name):
    """The worth of a layer is planted in the first signal of every dataset; here no accuracy at all is known."""
    elsewhere = [np.random.default_rng(seed).permutation(WORTH) for seed in (1, 2, 3)]
    others = tuple(case(planted(worth, i), additive(worth)) for i, worth in enumerate(elsewhere))
    unseen = case(planted(seed=9), lattice(6, masks=[0b111111]), others=others)
    found = combined(name, unseen, rows="other_datasets")
    assert found.path == path(np.argsort(WORTH).tolist())
    assert found.fit["evaluations"] == 0
    assert found.fit["rows"] == 3 * 186
    assert "r2_here" not in found.fit
    measured = combined(name, replace(unseen, lattice=additive()), rows="other_datasets")
    assert (measured.path, measured.scores) == (found.path, found.scores)
    assert measured.fit["r2_here"] > 0.5
    assert measured.fit["r2_out_of_sample"] > 0.5
    opposite = replace(unseen, lattice=lattice(6, lambda mask: 1 - sum(WORTH[layer] for layer in layers_of(mask))))
    assert combined(name, opposite, rows="other_datasets").fit["r2_here"] < 0
    alone = combined(name, replace(unseen, others=others[:1]), rows="other_datasets")
    assert "r2_out_of_sample" not in alone.fit


def test_linear_regression_with_more_signals_than_rows_only_repeats_the_measurements():
    one = case(noise(5, 12), lattice(5))
    found = combined("linear_regression", one, rows="leave_one_out")
    assert found.scores == pytest.approx(removals(one, "leave_one_out").target.tolist())
    assert found.fit["r2_in_sample"] == pytest.approx(1.0)


def test_the_stronger_the_ridge_the_smaller_the_coefficients():
    one = case(planted(), additive())
    free = combined("linear_regression", one).fit["coefficients"]
    assert combined("ridge", one, alpha=1e-9).fit["coefficients"] == pytest.approx(free, abs=1e-6)
    sizes = [
        sum(value**2 for value in combined("ridge", one, alpha=alpha).fit["coefficients"].values())
        for alpha in (1e-9, 0.1, 1.0, 10.0, 1000.0)
    ]
    assert all(larger > smaller for larger, smaller in pairwise(sizes))
    assert sizes[-1] < sizes[0] / 100


def test_boosted_trees_see_what_no_line_can():
    """A layer costs something only where two signals have the same sign."""
    signals = np.array([[1.0, 1.0], [2.0, -1.0], [-1.0, 2.0], [-2.0, -2.0]])
    one = case(signals, additive(0.1 * (signals[:, 0] * signals[:, 1] > 0)))

    def explained(name: str = "gradient_boosting", **options) -> float:
        return combined(name, one, rows="leave_one_out", **options).fit["r2_in_sample"]

    assert explained("linear_regression") < 0.2
    assert explained() > 0.9
    assert explained(trees=1) < explained(trees=10) < explained()
    assert explained(learning_rate=0.001) < explained()
    assert explained(depth=1, trees=10) < explained(depth=2, trees=10)


def test_mean_rank_agrees_with_scipy():
    signals = np.round(noise(6, 5), 0)  # with ties
    found = combined("mean_rank", case(signals, lattice(6)))
    assert found.scores == pytest.approx(rankdata(signals, axis=0).mean(axis=1))
    assert found.path == path(removal_order(found.scores, "low"))


# --- schedules ---

TURNED = {  # signal 0 says the opposite as soon as a layer is gone
    mask: (np.column_stack([WORTH, noise(6)]) * (1 if mask == 0b111111 else [-1, 1, 1, 1]))[layers_of(mask)]
    for mask in subsets(6)
}


def turned(found: Lattice | None = None) -> Case:
    return case(planted(), found or additive(), remeasured=TURNED.__getitem__)


def by_hand(one: Case, keep_scores_of) -> list[list[int]]:
    """The iterative path, by trying at every set which layer has the lowest score."""
    steps = [list(range(one.lattice.layers))]
    while len(steps[-1]) > 1:
        scores = keep_scores_of(one.remeasured(mask_of(steps[-1]))).tolist()
        gone = min(zip(scores, [-layer for layer in steps[-1]], strict=True))[1]
        steps.append([layer for layer in steps[-1] if layer != -gone])
    return steps


def test_iterative_mean_ranks_are_taken_again_at_every_set():
    found = combined("mean_rank", turned())
    assert found.path == by_hand(turned(), lambda signals: rankdata(signals, axis=0).mean(axis=1))
    one_shot = combined("mean_rank", replace(turned(), remeasured=None))
    assert found.scores == one_shot.scores
    assert found.path != one_shot.path


def test_an_iterative_fusion_predicts_again_at_every_set():
    """The rule is learned elsewhere, where signal 0 is worth; here the signal turns once a layer is gone."""
    others = (case(planted(), additive()),)
    found = combined("linear_regression", replace(turned(), others=others), rows="other_datasets")
    one_shot = combined("linear_regression", replace(turned(), others=others, remeasured=None), rows="other_datasets")
    coefficients = np.array(list(one_shot.fit["coefficients"].values()))
    assert found.fit["coefficients"] == one_shot.fit["coefficients"]
    assert found.path == by_hand(turned(), lambda signals: -standardised(signals) @ coefficients)
    assert one_shot.path == path(np.argsort(WORTH).tolist())
    assert found.path[1] == one_shot.path[1] == [1, 2, 3, 4, 5]
    assert found.path[2] == [2, 3, 4, 5]  # the layer worth most: there its signal is lowest
    assert found.fit["r2_here"] < one_shot.fit["r2_here"]


def test_iterative_rows_walk_each_signal_over_what_was_measured_again():
    one = replace(turned(), signals=planted()[:, :1], names=called(1), remeasured=lambda mask: TURNED[mask][:, :1])
    data = removals(one, "trajectories")
    path_ = by_hand(one, lambda signals: signals[:, 0])
    pairs = sorted((mask_of(kept), (set(kept) - set(rest)).pop()) for kept, rest in pairwise(path_))
    assert data.groups.tolist() == [mask for mask, _ in pairs]
    assert data.groups.tolist() != removals(replace(one, remeasured=None), "trajectories").groups.tolist()
    expected = [standardised(TURNED[mask][:, :1])[layers_of(mask).index(layer), 0] for mask, layer in pairs]
    assert data.features[:, 0] == pytest.approx(expected)


def test_controls_that_look_at_no_signal_do_not_care_for_the_schedule():
    for name in ("greedy", "oracle"):
        assert combined(name, turned()) == combined(name, replace(turned(), remeasured=None))


# --- controls that measure ---


@pytest.mark.parametrize("seed", range(5))
def test_greedy_agrees_with_trying_everything(seed):
    found = lattice(5, seed=seed, items=20)  # few items: many ties
    expected = [list(range(5))]
    while len(expected[-1]) > 1:
        tried = [[layer for layer in expected[-1] if layer != gone] for gone in reversed(expected[-1])]
        expected.append(max(tried, key=lambda kept: found.accuracy(mask_of(kept), "validation")))
    control = combined("greedy", case(noise(5), found))
    assert control.path == expected
    assert control.fit["evaluations"] == 14


def test_greedy_breaks_ties_by_loss_then_by_depth():
    def flat(mask: int) -> float:
        return 0.5

    assert combined("greedy", case(noise(3), lattice(3, flat))).path == [[0, 1, 2], [0, 1], [0]]
    losses = {0b110: 0.1}
    found = lattice(3, flat, loss_of=lambda mask: losses.get(mask, 1.0))
    assert combined("greedy", case(noise(3), found)).path == [[0, 1, 2], [1, 2], [1]]


def test_the_oracle_is_the_best_subset_of_each_size_and_may_not_be_nested():
    best = {0b0111, 0b1001, 0b0100}
    found = lattice(4, lambda mask: 0.9 if mask in best else 0.5 + 0.01 * mask.bit_count())
    control = combined("oracle", case(noise(), found))
    assert control.path == [[0, 1, 2, 3], [0, 1, 2], [0, 3], [2]]
    assert control.fit["evaluations"] == 15
    found = lattice(5)
    for kept in combined("oracle", case(noise(5), found)).path:
        everything = [mask_of(other) for other in combinations(range(5), len(kept))]
        highest = max(found.accuracy(mask, "validation") for mask in everything)
        assert found.accuracy(mask_of(kept), "validation") == highest


def test_the_oracle_refuses_a_lattice_with_holes():
    with pytest.raises(ValueError, match="not every subset of 2 layers"):
        combined("oracle", case(noise(3), lattice(3, masks=[0b111, 0b110, 0b101, 0b100, 0b010, 0b001])))
