"""Rounding to few bits: codes packed without gaps, errors within half a step, bytes as counted."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from slim.compression.compressors.float16 import float16
from slim.compression.compressors.quantize import quantize
from slim.compression.compressors.round_to_nearest import round_to_nearest
from slim.compression.matrices.rounding import bits_per_weight, rounded
from slim.modeling.formats import load_model
from slim.modeling.replacements.rounded_linear import packed, rounded_linear, unpacked
from slim.modeling.splits import Split
from tests import pico

TEXTS = pico.texts(24)
CONTEXT = SimpleNamespace(validation=Split(TEXTS, pico.labels(24)), train=Split(TEXTS, pico.labels(24)), seed=0)


def built(weight: torch.Tensor, bits: int, block_size: int) -> nn.Module:
    module = nn.Linear(weight.shape[1], weight.shape[0])
    module.weight.data.copy_(weight)
    new = rounded_linear(module, bits=bits, block_size=block_size)
    tensors = rounded("path", module, bits, block_size)
    new.load_state_dict({name.removeprefix("path."): value for name, value in tensors.items()})
    return new


@given(st.integers(1, 8), st.integers(1, 40), st.randoms(use_true_random=False))
def test_codes_come_back_from_as_few_bytes_as_they_need(bits, count, random):
    codes = torch.tensor([random.randrange(2**bits) for _ in range(count)])
    octets = packed(codes, bits)
    assert octets.dtype == torch.uint8 and len(octets) == -(-count * bits // 8)
    assert torch.equal(unpacked(octets, bits, (count,)), codes.int())


def test_the_lowest_bit_comes_first():
    assert packed(torch.tensor([1, 2, 3, 0]), 2).tolist() == [0b00_11_10_01]


@pytest.mark.parametrize("bits", [2, 3, 4, 8])
@pytest.mark.parametrize("inputs", [48, 40])
def test_every_weight_is_within_half_a_step_and_the_ends_of_a_block_are_exact(bits, inputs):
    torch.manual_seed(0)
    weight = torch.randn(6, inputs)
    new = built(weight, bits, 16)
    assert new.weight.shape == weight.shape
    for start in range(0, inputs, 16):
        block, own = weight[:, start : start + 16], new.weight[:, start : start + 16]
        step = (block.amax(1) - block.amin(1)) / (2**bits - 1)
        assert ((own - block).abs().amax(1) <= step / 2 + 1e-6).all()
        torch.testing.assert_close(own.amax(1), block.amax(1))
        torch.testing.assert_close(own.amin(1), block.amin(1))


def test_a_row_of_one_value_is_exact_and_the_forward_equals_the_matrix():
    weight = torch.full((3, 16), 0.7)
    torch.testing.assert_close(built(weight, 2, 16).weight, weight)
    torch.manual_seed(0)
    new, x = built(torch.randn(6, 40), 3, 16), torch.randn(2, 5, 40)
    torch.testing.assert_close(new(x), x @ new.weight.T + new.bias)


def test_training_moves_the_ends_and_leaves_the_codes():
    new = built(torch.randn(6, 32), 2, 16)
    new(torch.randn(4, 32)).sum().backward()
    assert {name for name, each in new.named_parameters() if each.grad is not None} == {"low", "step", "bias"}
    assert not new.packed_codes.is_floating_point()


def test_bytes_on_disk_are_as_counted(tmp_path):
    model = pico.classifier(layers=3, hidden_size=128, num_attention_heads=4, intermediate_size=256)
    smaller = float16(round_to_nearest(model, CONTEXT, bits=3), CONTEXT)
    for name, each in (("before", float16(model, CONTEXT)), ("after", smaller)):
        each.save(tmp_path / name, TEXTS)
    saved = [(tmp_path / name / "model.safetensors").stat().st_size for name in ("before", "after")]
    expected = 3 * 2 * 128 * 128 * (16 - bits_per_weight(128, 3, 128)) / 8
    assert saved[0] - saved[1] == pytest.approx(expected, rel=0.03)  # names of tensors take the rest
    assert bits_per_weight(128, 3, 128) == 3.25


def test_it_reloads_in_half_precision_and_is_quantized(tmp_path):
    model = pico.classifier(layers=3, hidden_size=32, intermediate_size=64)
    first = round_to_nearest(model, CONTEXT, bits=4, block_size=16, matrices="all")
    for name, each in (("half", float16(first, CONTEXT)), ("int8", quantize(first, CONTEXT, bits=8))):
        each.save(tmp_path / name, TEXTS)
        loaded = load_model(tmp_path / name, {"seed": 0, "threads": 1, "precision": "fp32", "batch_size": 8})
        np.testing.assert_allclose(loaded.logits(TEXTS), each.logits(TEXTS), atol=1e-5)


def test_rows_too_short_for_their_block_are_refused_by_name():
    with pytest.raises(ValueError, match=r"8 bits in blocks of 16 make path, \(16, 4\), no smaller"):
        rounded("path", nn.Linear(4, 16), 8, 16)
    assert rounded("path", nn.Linear(16, 4), 8, 16)
