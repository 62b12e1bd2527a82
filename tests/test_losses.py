"""The terms of distillation against their definitions, written out."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from slim.losses.attention_relations import attention_relations
from slim.losses.distillation import Distillation, matches
from slim.losses.hard_labels import UNLABELLED, hard_labels
from slim.losses.hidden_states import hidden_states
from slim.losses.soft_labels import soft_labels
from slim.models import classified, keep_layers, layers, outputs_of, projections
from tests import pico


@given(st.floats(0.5, 8), st.integers(0, 10_000))
def test_soft_labels_are_the_divergence_by_hand(temperature, seed):
    draw = torch.Generator().manual_seed(seed)
    student, teacher = torch.randn(2, 5, 4, generator=draw, dtype=torch.float64)
    p, q = ((x / temperature).softmax(-1) for x in (teacher, student))
    expected = temperature**2 * (p * (p / q).log()).sum(-1).mean()
    torch.testing.assert_close(soft_labels(student, teacher, temperature), expected)
    torch.testing.assert_close(soft_labels(teacher, teacher, temperature), torch.zeros((), dtype=torch.float64))


def test_texts_without_a_label_do_not_count_among_the_hard_ones():
    logits, labels = torch.randn(5, 3), torch.tensor([0, UNLABELLED, 2, 1, UNLABELLED])
    known = labels != UNLABELLED
    torch.testing.assert_close(hard_labels(logits, labels), hard_labels(logits[known], labels[known]))
    assert hard_labels(logits, torch.full((5,), UNLABELLED)) == 0


def test_hidden_states_are_a_relative_error_of_real_tokens():
    teacher = torch.randn(2, 3, 4)
    real = torch.tensor([[True, True, False], [True, False, False]])
    padded = torch.where(real[..., None], teacher, teacher + 100)
    assert hidden_states([padded], [teacher], real) == 0
    torch.testing.assert_close(hidden_states([1.5 * teacher, teacher], [teacher] * 2, real), torch.tensor(0.125))


def test_attention_relations_are_the_divergence_by_hand():
    draw = torch.Generator().manual_seed(0)
    ours, theirs = torch.randn(2, 2, 3, 4, generator=draw)
    real = torch.tensor([[True, True, False], [True, True, True]])
    total, rows = 0.0, 0
    for text, length in enumerate(real.sum(1).tolist()):
        for head in (slice(0, 2), slice(2, 4)):
            p, q = ((x[text, :length, head] @ x[text, :length, head].T / 2**0.5).softmax(-1) for x in (theirs, ours))
            total += (p * (p / q).log()).sum().item()
            rows += length
    assert attention_relations([ours], [theirs], real, 2).item() == pytest.approx(total / rows, rel=1e-5)
    assert attention_relations([theirs] * 3, [theirs] * 3, real, 2).item() == pytest.approx(0, abs=1e-6)


def test_a_layer_is_matched_with_the_last_removed_layer_after_it():
    assert matches((0, 3, 5), 6) == [2, 4, 5]
    assert matches((0, 1, 2), 3) == [0, 1, 2]
    assert matches((1,), 4) == [3]


def batch_with(teacher_logits: torch.Tensor) -> dict[str, torch.Tensor]:
    (_, batch), *_ = pico.batch_of(pico.texts(6))
    return batch | {"labels": torch.arange(6) % 3, "teacher": teacher_logits}


def test_distillation_mixes_its_terms():
    teacher, torch_logits = pico.model(layers=4), torch.randn(6, 3)
    student = keep_layers(pico.model(layers=4, seed=1), [0, 2])
    batch = batch_with(torch_logits)
    objective = Distillation(2.0, 0.3, 0.5, 0.25, kept=(0, 2), teacher=teacher)
    loss, logits = objective(student, batch)
    torch.testing.assert_close(logits, classified(student, batch))
    real = batch["attention_mask"].bool()
    stack, above = layers(student), layers(teacher)
    with outputs_of(stack) as states, outputs_of(projections(student, stack[-1])) as ours:
        classified(student, batch)
    with outputs_of([above[1], above[3]]) as wanted, outputs_of(projections(teacher, above[3])) as theirs:
        classified(teacher, batch)
    expected = 0.3 * soft_labels(logits, torch_logits, 2.0) + 0.7 * hard_labels(logits, batch["labels"])
    expected = expected + 0.5 * hidden_states(states, wanted, real) + 0.25 * attention_relations(ours, theirs, real, 2)
    torch.testing.assert_close(loss, expected)


@pytest.mark.parametrize("weights", [(1.0, 0.0), (0.0, 1.0)])
def test_the_inner_terms_vanish_for_the_teacher_itself_and_teach_a_student(weights):
    teacher = pico.model(layers=3)
    batch = batch_with(torch.zeros(6, 3))
    itself = Distillation(1.0, 0.0, *weights, kept=(0, 1, 2), teacher=teacher)
    plain = hard_labels(classified(teacher, batch), batch["labels"])
    torch.testing.assert_close(itself(teacher, batch)[0], plain)
    student = keep_layers(teacher, [0, 2])
    objective = Distillation(1.0, 1.0, *weights, kept=(0, 2), teacher=teacher)
    loss, _ = objective(student, batch)
    loss.backward()
    assert loss.item() > soft_labels(classified(student, batch), batch["teacher"], 1.0).item()
    assert layers(student)[0].attention.self.query.weight.grad.abs().sum() > 0
    assert all(parameter.grad is None for parameter in teacher.parameters())


def test_hooks_do_not_outlive_their_forward_pass():
    model = pico.model()
    with outputs_of(layers(model)) as seen:
        classified(model, batch_with(torch.zeros(6, 3)))
    count = len(seen)
    classified(model, batch_with(torch.zeros(6, 3)))
    assert count == len(seen) == 3 and np.prod(seen[0].shape[-1]) == 16
