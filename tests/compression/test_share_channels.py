"""Shared channels: exact where channels are the same, bits as counted, a forward that equals the whole matrix."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from slim.compression.compressors.float16 import float16
from slim.compression.compressors.quantize import quantize
from slim.compression.compressors.share_channels import share_channels
from slim.compression.matrices.channels import bits_per_weight, clustered
from slim.compression.matrices.decomposition import nearest
from slim.compression.matrices.sharing import shared
from slim.modeling.formats import load_model
from slim.modeling.replacements.shared_channels import shared_channels
from slim.modeling.splits import Split
from tests import pico

TEXTS = pico.texts(24)
CONTEXT = SimpleNamespace(validation=Split(TEXTS, pico.labels(24)), train=Split(TEXTS, pico.labels(24)), seed=0)


def built(weight: torch.Tensor, clusters: int, rank: int, axis: str) -> nn.Module:
    module = nn.Linear(weight.shape[1], weight.shape[0])
    module.weight.data.copy_(weight)
    new = shared_channels(module, clusters=clusters, rank=rank, axis=axis)
    tensors = shared("path", module, clusters, rank, axis, 0)
    new.load_state_dict({name.removeprefix("path."): value for name, value in tensors.items()})
    return new


@pytest.mark.parametrize("axis", ["outputs", "inputs"])
@pytest.mark.parametrize("rank", [0, 3])
def test_the_forward_equals_that_of_the_whole_matrix(axis, rank):
    torch.manual_seed(0)
    module, x = built(torch.randn(24, 40), 5, rank, axis), torch.randn(2, 7, 40)
    whole = nn.functional.linear(x, module.weight, module.bias)
    torch.testing.assert_close(module(x), whole, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("axis", ["outputs", "inputs"])
def test_channels_that_are_the_same_are_shared_exactly_and_full_rank_corrects_all(axis):
    torch.manual_seed(0)
    few = torch.randn(4, 40)[torch.arange(24) % 4]
    weight = few if axis == "outputs" else few.T.contiguous()
    torch.testing.assert_close(built(weight, 4, 0, axis).weight, weight, rtol=1e-5, atol=1e-6)
    one = torch.randn(1, 40).repeat(24, 1)
    torch.testing.assert_close(built(one, 1, 0, "outputs").weight, one, rtol=1e-5, atol=1e-6)
    rows = torch.randn(24, 40)
    centroids, labels = clustered(rows, 3, 0)
    wide, narrow = nearest(rows - centroids[labels], 24)
    torch.testing.assert_close(centroids[labels] + wide @ narrow, rows, rtol=1e-4, atol=1e-5)


def test_the_error_falls_with_rank_and_is_that_of_the_singular_values_left():
    torch.manual_seed(0)
    rows = torch.randn(30, 20)
    centroids, labels = clustered(rows, 4, 0)
    error = rows - centroids[labels]
    values, before = torch.linalg.svdvals(error), float("inf")
    for rank in range(0, 20, 3):
        wide, narrow = nearest(error, rank)
        left = (error - wide @ narrow).norm().item()
        assert left == pytest.approx(values[rank:].norm().item(), rel=1e-4, abs=1e-4) and left <= before
        before = left


@pytest.mark.parametrize(
    ("clusters", "rank", "bits"), [(256, 0, 1.0), (256, 128, 2.0), (512, 128, 3.0), (256, 256, 3.0)]
)
def test_bits_a_weight_are_those_of_the_paper_but_for_labels(clusters, rank, bits):
    assert bits_per_weight(4096, 4096, clusters, rank) == pytest.approx(bits, abs=0.005)


def test_bytes_on_disk_are_as_counted(tmp_path):
    model = pico.classifier(layers=3, hidden_size=128, num_attention_heads=4, intermediate_size=256)
    smaller = float16(share_channels(model, CONTEXT, clusters=16, rank=8), CONTEXT)
    for name, each in (("before", float16(model, CONTEXT)), ("after", smaller)):
        each.save(tmp_path / name, TEXTS)
    saved = [(tmp_path / name / "model.safetensors").stat().st_size for name in ("before", "after")]
    expected = 3 * 2 * 128 * 128 * (16 - bits_per_weight(128, 128, 16, 8)) / 8
    assert saved[0] - saved[1] == pytest.approx(expected, rel=0.03)  # names of tensors take the rest


@pytest.mark.parametrize("axis", ["outputs", "inputs"])
def test_a_shared_model_is_the_same_bytes_again_reloads_and_is_quantized(axis, tmp_path):
    model = pico.classifier(layers=3, hidden_size=32, intermediate_size=64)
    first, again = (share_channels(model, CONTEXT, clusters=6, rank=2, axis=axis, matrices="all") for _ in range(2))
    for (name, one), (_, other) in zip(
        first.model.state_dict().items(), again.model.state_dict().items(), strict=True
    ):
        assert torch.equal(one, other), name
    for name, each in (("first", first), ("int8", quantize(first, CONTEXT, bits=8))):
        each.save(tmp_path / name, TEXTS)
        loaded = load_model(tmp_path / name, {"seed": 0, "threads": 1, "precision": "fp32", "batch_size": 8})
        np.testing.assert_allclose(loaded.logits(TEXTS), each.logits(TEXTS), atol=1e-5)


def test_a_matrix_that_costs_too_much_on_validation_stays_as_it_is():
    model = pico.classifier(layers=3, hidden_size=32, intermediate_size=64)
    labels = model.logits(TEXTS).argmax(-1)
    context = SimpleNamespace(**{**vars(CONTEXT), "validation": Split(TEXTS, labels)})
    whole = share_channels(model, context, clusters=1, matrices="all")
    gated = share_channels(model, context, clusters=1, matrices="all", tolerance=0.0)
    assert (gated.logits(TEXTS).argmax(-1) == labels).all()
    assert not (whole.logits(TEXTS).argmax(-1) == labels).all()
    assert 0 < len(gated.model.config.replaced) < len(whole.model.config.replaced)


def test_what_is_no_smaller_is_refused_by_name():
    model = pico.classifier(layers=3, hidden_size=32, intermediate_size=64)
    for options in ({"clusters": 32}, {"clusters": 20, "rank": 8}):
        with pytest.raises(
            ValueError, match=r"make bert.encoder.layer.0.attention.self.query, \(32, 32\), no smaller"
        ):
            share_channels(model, CONTEXT, **options)
