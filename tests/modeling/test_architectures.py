"""Every architecture declares the parts that its layers really have."""

import pytest
import torch
from torch import nn

from slim.modeling import transformer as models
from slim.utils.registry import names
from tests import pico

HIDDEN, INNER, HEADS, HEAD = 16, 32, 4, 4


@pytest.fixture(params=models.ARCHITECTURES)
def layer(request):
    """(model, its middle layer, what the model calls it with: a stream)."""
    model = pico.model(request.param, num_attention_heads=HEADS)
    ((_, batch),) = pico.batch_of(pico.inputs(request.param, 6))
    stack = models.layers(model)
    return model, stack[1], models.embed(model, batch).through(stack[0])


def silenced(module: nn.Module):
    """Let a module put out zeros, its bias included."""
    return module.register_forward_hook(lambda _, __, out: torch.zeros_like(out))


def norms(layer: nn.Module) -> list[nn.Module]:
    return [module for module in layer.modules() if "Norm" in type(module).__name__]


def after_attention(model, layer, stream):
    """By hand: the hidden states between a layer's attention and its feed-forward part; None, where norms follow."""
    with models.capture_outputs([models.attention_output(model, layer)]) as attended:
        stream.through(layer)
    added = stream.hidden + attended[0]
    return norms(layer)[0](added) if normalizes_sums(model) else added


def normalizes_sums(model) -> bool:
    """Whether a layer normalizes the sum of its input and its change, as BERT does, and not its input."""
    return model.config.model_type in ("bert", "deberta-v2", "distilbert", "electra", "roberta")


@torch.no_grad()
def test_a_layer_without_what_feed_forward_out_gives_is_its_attention_alone(layer):
    model, one, stream = layer
    expected = after_attention(model, one, stream)
    whole = stream.through(one).hidden
    hook = silenced(models.feed_forward_out(model, one))
    found = stream.through(one).hidden
    hook.remove()
    torch.testing.assert_close(found, norms(one)[-1](expected) if normalizes_sums(model) else expected)
    assert not torch.allclose(found, whole)


@torch.no_grad()
def test_a_layer_without_what_attention_output_gives_is_its_feed_forward_part_alone(layer):
    model, one, stream = layer
    hook = silenced(models.attention_output(model, one))
    with models.capture_outputs([models.feed_forward_out(model, one)]) as given:
        found = stream.through(one).hidden
    hook.remove()
    entering = norms(one)[0](stream.hidden) if normalizes_sums(model) else stream.hidden
    expected = entering + given[0]
    torch.testing.assert_close(found, norms(one)[-1](expected) if normalizes_sums(model) else expected)


@torch.no_grad()
def test_matrices_have_the_declared_shapes_and_compute_what_the_modules_do(layer):
    model, one, _ = layer
    into, out = models.feed_forward_in(model, one), models.feed_forward_out(model, one)
    assert models.weight_of(models.attention_output(model, one)).shape == (HIDDEN, HEADS * HEAD)
    assert models.weight_of(out).shape == (HIDDEN, INNER)
    rows = [len(models.weight_of(module)) for module in into]
    assert rows in ([INNER], [INNER, INNER], [2 * INNER])  # plain, gate and up, both in one
    for module in [*into, out, models.attention_output(model, one)]:
        inputs = torch.randn(3, models.weight_of(module).shape[1])
        bias = 0 if getattr(module, "bias", None) is None else module.bias
        torch.testing.assert_close(module(inputs), inputs @ models.weight_of(module).T + bias)


@torch.no_grad()
def test_an_inner_unit_is_a_row_of_feed_forward_in_and_a_column_of_feed_forward_out(layer):
    """A unit whose rows are zero contributes nothing, so its column does not matter."""
    model, one, stream = layer
    for module in models.feed_forward_in(model, one):
        for first in range(0, len(models.weight_of(module)), INNER):
            models.weight_of(module)[first + 5] = 0
            if getattr(module, "bias", None) is not None:
                module.bias[first + 5] = 0
    before = stream.through(one).hidden
    models.weight_of(models.feed_forward_out(model, one))[:, 5] += 100
    torch.testing.assert_close(stream.through(one).hidden, before)
    models.weight_of(models.feed_forward_out(model, one))[:, 6] += 100
    assert not torch.allclose(stream.through(one).hidden, before)


def test_every_file_is_an_architecture_and_every_architecture_has_a_file():
    assert names("modeling/architectures") == sorted(name.replace("-", "_") for name in models.ARCHITECTURES)
    assert set(models.ARCHITECTURES) == set(pico.CONFIGS)


def test_an_unknown_architecture_is_refused_with_the_supported_ones():
    with pytest.raises(ValueError, match=r"'t5' is not supported: choose one of bert, deberta-v2, .*, roberta"):
        models.architecture("t5")
