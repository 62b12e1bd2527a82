"""The terms of distillation against their definitions, written out."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from slim.modeling.architectures import ARCHITECTURES
from slim.modeling.transformer import (
    attention,
    capture_outputs,
    eager_attention,
    forward_logits,
    keep_layers,
    layers,
    projections,
    split_heads,
)
from slim.training.cross_entropy import UNLABELLED, cross_entropy
from slim.training.losses.attention_relations import attention_relations
from slim.training.losses.hidden_states import hidden_states
from slim.training.objective import DistillationObjective, matches
from slim.training.outputs import LayerOutputs, Outputs, observe
from slim.training.soft_labels import soft_labels
from slim.utils.registry import find, names
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
    torch.testing.assert_close(cross_entropy(logits, labels), cross_entropy(logits[known], labels[known]))
    assert cross_entropy(logits, torch.full((5,), UNLABELLED)) == 0


def outputs(states: list[torch.Tensor], relations: list[torch.Tensor], real: torch.Tensor) -> Outputs:
    return Outputs(torch.zeros(len(real), 2), lambda: LayerOutputs(states, relations, real))


def test_hidden_states_are_a_relative_error_of_real_tokens():
    target = torch.randn(2, 3, 4)
    real = torch.tensor([[True, True, False], [True, False, False]])
    teacher = outputs([target, target], [], real)
    torch.testing.assert_close(hidden_states(outputs([1.5 * target, target], [], real), teacher), torch.tensor(0.125))


def test_attention_relations_are_the_divergence_by_hand():
    draw = torch.Generator().manual_seed(0)
    ours, theirs = torch.randn(2, 2, 2, 3, 2, generator=draw)
    real = torch.tensor([[True, True, False], [True, True, True]])
    total, rows = 0.0, 0
    for text, length in enumerate(real.sum(1).tolist()):
        for head in (0, 1):
            p, q = ((x[text, head, :length] @ x[text, head, :length].T / 2**0.5).softmax(-1) for x in (theirs, ours))
            total += (p * (p / q).log()).sum().item()
            rows += length
    loss = attention_relations(outputs([], [ours], real), outputs([], [theirs], real))
    assert loss.item() == pytest.approx(total / rows, rel=1e-5)


def test_a_layer_is_matched_with_the_last_removed_layer_after_it():
    assert matches((0, 3, 5), 6) == [2, 4, 5]
    assert matches((0, 1, 2), 3) == [0, 1, 2]
    assert matches((1,), 4) == [3]


def batch_with(teacher_logits: torch.Tensor, family: str = "bert") -> dict[str, torch.Tensor]:
    (_, batch), *_ = pico.batch_of(pico.inputs(family, 6))
    return batch | {"labels": torch.arange(6) % 3, "teacher": teacher_logits}


def test_distillation_mixes_its_terms():
    teacher, torch_logits = pico.model(layers=4), torch.randn(6, 3)
    student = keep_layers(pico.model(layers=4, seed=1), [0, 2])
    batch = batch_with(torch_logits)
    weights = {"hidden_states": 0.5, "attention_relations": 0.25}
    loss, logits = DistillationObjective(2.0, 0.3, weights, kept=(0, 2), teacher=teacher)(student, batch)
    torch.testing.assert_close(logits, forward_logits(student, batch))
    ours = Outputs(logits, lambda: observe(student, batch)[1])
    theirs = Outputs(torch_logits, lambda: observe(teacher, batch, [1, 3])[1])
    expected = 0.3 * soft_labels(logits, torch_logits, 2.0) + 0.7 * cross_entropy(logits, batch["labels"])
    expected = expected + 0.5 * hidden_states(ours, theirs) + 0.25 * attention_relations(ours, theirs)
    torch.testing.assert_close(loss, expected)


def test_what_no_loss_reads_is_not_computed(monkeypatch):
    """Without further losses no hook; without a loss of layers no forward pass of the teacher."""
    ran = []
    monkeypatch.setattr(
        "slim.training.objective.observe", lambda model, *rest: ran.append(model) or observe(model, *rest)
    )
    monkeypatch.setattr(
        "slim.training.objective.find", lambda *_: lambda student, teacher: (student.logits - teacher.logits).sum()
    )
    student, teacher, batch = pico.model(layers=2), pico.model(layers=2, seed=1), batch_with(torch.zeros(6, 3))
    DistillationObjective(2.0, 0.5, {"hidden_states": 0.0}, teacher=teacher)(student, batch)
    assert ran == []
    DistillationObjective(2.0, 0.5, {"of_logits": 1.0}, teacher=teacher)(student, batch)
    assert ran == [student]


@pytest.mark.parametrize("family", ARCHITECTURES)
@pytest.mark.parametrize("name", names("training/losses"))
def test_every_loss_is_least_for_the_teacher_itself_and_its_gradient_reaches_the_student(name, family):
    teacher, student = pico.model(family, layers=3), pico.model(family, layers=3, seed=1)
    batch = batch_with(torch.zeros(6, 3), family)
    loss = find("training/losses", name)
    with torch.no_grad():
        logits, computed = observe(teacher, batch)
    target = Outputs(logits, lambda: computed)
    predicted, layer_outputs = observe(student, batch)
    value = loss(Outputs(predicted, lambda: layer_outputs), target)
    value.backward()
    assert value.shape == () and value.item() > loss(target, target).item() + 1e-4
    assert loss(target, target).item() == pytest.approx(0, abs=1e-5)
    assert any(parameter.grad.abs().sum() > 0 for parameter in student.parameters() if parameter.grad is not None)
    assert all(parameter.grad is None for parameter in teacher.parameters())


@pytest.mark.parametrize("name", names("training/losses"))
def test_no_loss_depends_on_padding(name):
    batch = batch_with(torch.zeros(6, 3))
    padded = {
        key: torch.nn.functional.pad(value, (0, 4)) if value.shape == batch["attention_mask"].shape else value
        for key, value in batch.items()
    }
    values = []
    for each in (batch, padded):
        pair = [observe(pico.model(layers=3, seed=seed), each) for seed in (0, 1)]
        student, teacher = (Outputs(logits, lambda computed=computed: computed) for logits, computed in pair)
        values.append(find("training/losses", name)(student, teacher))
    torch.testing.assert_close(*values)


@pytest.mark.parametrize("family", ARCHITECTURES)
def test_queries_keys_and_values_are_those_that_attention_is_made_of(family):
    """A head of values, mixed by the weights, is what the output projection reads."""
    model = pico.model(family, layers=2)
    (_, batch), *_ = pico.batch_of(pico.inputs(family, 6))
    last = layers(model)[-1]
    with eager_attention(model), capture_outputs(projections(model, last)) as captured:
        weights, mixed = [], []
        hook = attention(model, last).register_forward_hook(lambda _, __, out: weights.append(out[1]))
        inner = next((m for name, m in attention(model, last).named_modules() if name in READS_MIXED), None)
        if inner is None:  # the module itself returns what its heads mixed
            more = attention(model, last).register_forward_hook(lambda _, __, out: mixed.append(out[0]))
        else:
            more = inner.register_forward_pre_hook(lambda _, args: mixed.append(args[0]))
        forward_logits(model, batch)
        hook.remove(), more.remove()
    queries, keys, values = split_heads(model, captured)
    assert queries.shape == (6, 2, weights[0].shape[-1], 8) and keys.shape == values.shape
    expected = weights[0] @ values.repeat_interleave(2 // values.shape[1], dim=1)
    torch.testing.assert_close(mixed[0].flatten(2), expected.transpose(1, 2).flatten(2))


READS_MIXED = ("out_lin", "Wo", "c_proj", "o_proj")


def test_hooks_do_not_outlive_their_forward_pass():
    model = pico.model()
    with capture_outputs(layers(model)) as seen:
        forward_logits(model, batch_with(torch.zeros(6, 3)))
    count = len(seen)
    forward_logits(model, batch_with(torch.zeros(6, 3)))
    assert count == len(seen) == 3 and np.prod(seen[0].shape[-1]) == 16
