"""The removals that fusions learn from."""

import numpy as np
import pytest

from slim.ranking.fusion_input import NotMeasuredError
from slim.ranking.removals import ROWS, removals, standardised
from slim.subsets.lattice import layers_of
from tests.builders import lattice, subsets
from tests.fusion_inputs import fusion_input, noise


def test_leave_one_out_has_a_row_and_a_group_a_layer():
    found = lattice()
    data = removals(fusion_input(accuracies=found), "leave_one_out")
    intact = found.accuracy(0b1111, "validation")
    changes = [found.accuracy(0b1111 ^ 1 << layer, "validation") - intact for layer in range(4)]
    assert data.target == pytest.approx(changes)
    assert data.evaluations == 5
    assert len(set(data.groups.tolist())) == 4
    np.testing.assert_allclose(data.features, standardised(noise()))


def test_trajectories_follow_every_signal_once():
    signals = np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 5.0], [3.0, 4.0]])  # paths 0 1 2 and 0 1 3
    data = removals(fusion_input(signals), "trajectories")
    assert data.groups.tolist() == [0b1100, 0b1100, 0b1110, 0b1111]
    assert data.evaluations == 5  # 1111, 1110, 1100, 1000, 0100
    assert removals(fusion_input(signals[:, [0, 0, 0]]), "trajectories").evaluations == 4


def test_lattice_rows_are_all_removals_that_leave_a_layer():
    data = removals(fusion_input(), "lattice")
    pairs = [(mask, layer) for mask in subsets(4) if mask.bit_count() > 1 for layer in layers_of(mask)]
    assert data.groups.tolist() == [mask for mask, _ in pairs]
    assert (len(data.target), data.evaluations) == (28, 15)


def test_a_sample_of_the_lattice_is_of_the_asked_size_and_seeded():
    def drawn(seed: int, sample: int | None = 10) -> list[tuple[float, ...]]:
        data = removals(fusion_input(), "lattice", sample=sample, seed=seed)
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
    data = removals(fusion_input(signals, lattice(masks=masks)), rows)
    assert data.groups.tolist() == groups
    assert len(data.target) == len(groups)


@pytest.mark.parametrize("rows", ["leave_one_out", "trajectories", "lattice"])
def test_where_no_removal_is_measured_on_both_ends_the_remedy_is_named(rows):
    with pytest.raises(NotMeasuredError, match=r"ablate\.max_subsets, or recover\.sizes"):
        removals(fusion_input(accuracies=lattice(masks=[0b1111, 0b0011, 0b1100])), rows)


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
        removals(fusion_input(), "all")
    with pytest.raises(ValueError, match="4 layers"):
        removals(fusion_input(noise(3)), "lattice")
    with pytest.raises(ValueError, match="finite"):
        removals(fusion_input(np.full((4, 1), np.nan)), "lattice")
    for rows in set(ROWS) - {"other_datasets"}:
        with pytest.raises(ValueError, match="two layers or more"):
            removals(fusion_input(noise(1), lattice(1)), rows)


def test_rows_of_other_datasets_hold_nothing_of_this_one():
    others = tuple(fusion_input(noise(seed=seed), lattice(seed=seed)) for seed in (1, 2))
    data = removals(fusion_input(others=others), "other_datasets")
    lone = [removals(other, "lattice") for other in others]
    np.testing.assert_array_equal(data.features, np.concatenate([d.features for d in lone]))
    np.testing.assert_array_equal(data.target, np.concatenate([d.target for d in lone]))
    assert data.groups.tolist() == [0] * 28 + [1] * 28
    assert data.evaluations == 0
    twins = removals(fusion_input(others=(others[0], others[0])), "other_datasets", sample=5)
    assert twins.groups.tolist() == [0] * 5 + [1] * 5
    assert twins.target[:5].tolist() != twins.target[5:].tolist()  # not the same draw twice
    unmeasured = fusion_input(accuracies=lattice(masks=[0b1111]), others=others)
    np.testing.assert_array_equal(removals(unmeasured, "other_datasets").target, data.target)
    with pytest.raises(NotMeasuredError, match=r"second dataset in grid\.datasets"):
        removals(fusion_input(), "other_datasets")
