"""Masks, what a lattice says of its subsets, and its file."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from slim.subsets.lattice import Lattice, layers_of, mask_of, oracle
from tests.builders import lattice


@given(some.sets(some.integers(0, 40)))
def test_a_mask_is_its_layers(kept):
    assert layers_of(mask_of(list(kept))) == sorted(kept)
    assert mask_of(list(kept) * 2) == mask_of(tuple(kept))


@given(some.integers(0, 2**40))
def test_layers_are_their_mask(mask):
    assert mask_of(layers_of(mask)) == mask
    assert len(layers_of(mask)) == mask.bit_count()


def test_accuracies_losses_and_hits_of_a_subset():
    found = Lattice(
        layers=2,
        subsets=np.array([0b01, 0b11]),
        labels={"validation": np.array([0, 1, 1, 0]), "test": np.array([1, 1])},
        predictions={
            "validation": np.array([[0, 0, 0, 0], [0, 1, 1, 1]], dtype=np.int16),
            "test": np.array([[0, 0], [1, 1]], dtype=np.int16),
        },
        losses={"validation": np.array([2.0, 1.0]), "test": np.array([4.0, 3.0])},
    )
    assert found.full == 0b11
    assert [found.accuracy(mask, "validation") for mask in (1, 3)] == [0.5, 0.75]
    assert [found.accuracy(mask, "test") for mask in (1, 3)] == [0.0, 1.0]
    assert (found.loss(1, "validation"), found.loss(3, "test")) == (2.0, 3.0)
    assert found.correct(3, "validation").tolist() == [True, True, True, False]
    assert (found.of_size(1), found.of_size(2)) == ([1], [3])
    for ask in (found.accuracy, found.loss, found.correct):
        with pytest.raises(ValueError, match=r"not measured the subset \[1\]"):
            ask(0b10, "validation")


def test_the_oracle_breaks_ties_by_loss_then_by_mask():
    accuracy = {0b011: 0.8, 0b101: 0.9, 0b110: 0.9}
    loss = {0b011: 0.1, 0b101: 0.4, 0b110: 0.3}
    masks = sorted(accuracy)
    assert oracle(lattice(3, accuracy.__getitem__, masks=masks, loss_of=loss.__getitem__), 2, "validation") == 0b110
    assert oracle(lattice(3, accuracy.__getitem__, masks=masks), 2, "validation") == 0b101


def test_the_oracle_of_one_split_is_not_that_of_the_other():
    found = lattice(3, lambda mask: mask / 8, test_accuracy_of=lambda mask: 1 - mask / 8)
    assert (oracle(found, 2, "validation"), oracle(found, 2, "test")) == (0b110, 0b011)


def test_a_lattice_comes_back_from_its_file(tmp_path):
    found = lattice(4)
    found.save(tmp_path / "lattice.npz")
    back = Lattice.load(tmp_path / "lattice.npz")
    assert back.layers == 4
    np.testing.assert_array_equal(back.subsets, found.subsets)
    for split in ("validation", "test"):
        for name in ("labels", "predictions", "losses"):
            there, here = getattr(found, name)[split], getattr(back, name)[split]
            np.testing.assert_array_equal(here, there)
            assert here.dtype == there.dtype
    found.save(tmp_path / "again.npz")
    assert (tmp_path / "again.npz").read_bytes() == (tmp_path / "lattice.npz").read_bytes()


def test_a_lattice_is_completed_with_what_it_lacks_alone():
    every = lattice(3)
    some = every.only([0b011, 0b111])
    assert some.subsets.tolist() == [0b011, 0b111]
    assert some.completed([0b111], every.only) is some
    asked = []
    more = some.completed([0b111, 0b001], lambda masks: asked.extend(masks) or every.only(masks))
    assert asked == [0b001] and more.subsets.tolist() == [0b001, 0b011, 0b111]
    for mask in more.row:
        assert {name: array.tolist() for name, array in more.subset(mask).items()} == {
            name: array.tolist() for name, array in every.subset(mask).items()
        }


def test_a_damaged_lattice_is_named(tmp_path):
    (tmp_path / "lattice.npz").write_bytes(b"PK not a zip")
    with pytest.raises(ValueError, match=r"lattice\.npz is damaged"):
        Lattice.load(tmp_path / "lattice.npz")
