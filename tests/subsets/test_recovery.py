"""Recovery: a subset's accuracy after training depends on the subset alone, is computed once, and survives a kill."""

from dataclasses import replace
from math import comb
from pathlib import Path

import numpy as np
import pytest
import torch

import slim.subsets.recovery
from slim.modeling.splits import Split
from slim.modeling.transformer import keep_layers
from slim.subsets.lattice import Lattice
from slim.subsets.recovery import loss, masks_to_train, recovered
from slim.training.trainer import Schedule
from tests import pico

SCHEDULE = Schedule(epochs=1, batch_size=8, learning_rate=3e-3, warmup=0.1, weight_decay=0.01, seed=0, steps=12)


def learnable(count: int, seed: int = 0) -> Split:
    """Texts of two classes that share no word."""
    labels, rng = pico.labels(count, classes=2, seed=seed), np.random.default_rng(seed)
    return Split([" ".join(rng.choice(pico.WORDS[30 * label : 30 * label + 30], 5)) for label in labels], labels)


SPLITS = {"validation": learnable(40, 1), "test": learnable(60, 2)}


@pytest.fixture
def teacher(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return pico.classifier(layers=3, classes=2)


def after(teacher, masks: list[int], work: str = "work", **options) -> Lattice:
    return recovered(teacher, learnable(96), SPLITS, masks, replace(SCHEDULE, **options), work)


def test_a_design_has_all_subsets_of_a_size_or_as_many_as_asked_for():
    masks = masks_to_train(6, [1, 2, 3], 12, seed=0)
    sizes = [mask.bit_count() for mask in masks]
    assert [sizes.count(size) for size in (1, 2, 3, 6)] == [6, 12, 12, 1]
    assert masks == sorted(set(masks)) == masks_to_train(6, [1, 2, 3], 12, seed=0)
    assert masks != masks_to_train(6, [1, 2, 3], 12, seed=1)
    assert len(masks_to_train(6, [3], 99, seed=0)) == comb(6, 3) + 1
    with pytest.raises(ValueError, match=r"recover\.sizes asks for 6 retained layers of 6: choose from 1 to 5"):
        masks_to_train(6, [6], 3, seed=0)


def test_training_restores_what_removal_cost_and_leaves_the_teacher_alone(teacher):
    before = {name: tensor.clone() for name, tensor in teacher.model.state_dict().items()}
    lattice = after(teacher, [0b101, 0b111], steps=40)
    assert lattice.layers == 3 and lattice.subsets.tolist() == [5, 7]
    student = teacher.with_model(keep_layers(teacher.model, [0, 2]))
    raw = (student.logits(SPLITS["test"].inputs).argmax(-1) == SPLITS["test"].labels).mean()
    assert lattice.accuracy(0b101, "test") > max(raw, 0.7)
    assert all(torch.equal(before[name], tensor) for name, tensor in teacher.model.state_dict().items())


def test_what_a_subset_recovers_depends_on_the_subset_alone(teacher):
    together = after(teacher, [0b011, 0b110])
    assert {path.name for path in Path("work").iterdir()} == {"3.npz", "6.npz"}
    alone = after(teacher, [0b110], "another")
    for split in SPLITS:
        np.testing.assert_array_equal(alone.predictions[split][0], together.predictions[split][1])
        assert alone.losses[split][0] == together.losses[split][1]


def test_no_subset_is_trained_twice_and_a_killed_run_goes_on_with_the_next(teacher, monkeypatch):
    trained = []
    arrays = {f"{split}_predictions": np.zeros(2, np.int16) for split in SPLITS}
    arrays |= {f"{split}_loss": np.array(1.0) for split in SPLITS}

    def counted(*args):
        if len(trained) == 2:
            raise KeyboardInterrupt
        trained.append(args[3])
        return arrays

    monkeypatch.setattr(slim.subsets.recovery, "_train_and_predict", counted)
    with pytest.raises(KeyboardInterrupt):
        after(teacher, [1, 2, 4])
    assert trained == [1, 2]
    trained.clear()
    after(teacher, [1, 2, 4])
    assert trained == [4]
    trained.clear()
    after(teacher, [1, 2, 4, 3])
    assert trained == [3]
    assert sorted(path.name for path in Path("work").iterdir()) == ["1.npz", "2.npz", "3.npz", "4.npz"]


def test_the_loss_is_the_cross_entropy():
    logits, labels = torch.randn(7, 3), torch.arange(7) % 3
    expected = torch.nn.functional.cross_entropy(logits.double(), labels).item()
    assert loss(logits.numpy(), labels.numpy()) == pytest.approx(expected, rel=1e-12)
