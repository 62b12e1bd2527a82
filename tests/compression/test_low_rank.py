"""Decomposed models: what is chosen, what stays as it was, what training moves, and how many parameters are left."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from slim.compression.compressors.cur import cur
from slim.compression.compressors.distill import distill
from slim.compression.compressors.fuse_cores import fuse_cores
from slim.compression.compressors.quantize import quantize
from slim.compression.compressors.svd import svd
from slim.compression.matrices.chosen import angular_distances, calmest_layers, input_norms, matrices_of
from slim.compression.matrices.decomposition import nearest
from slim.modeling.formats import load_model
from slim.modeling.replaced import with_replaced
from slim.modeling.splits import Split
from slim.modeling.transformer import ARCHITECTURES, feed_forward_in, keep_layers, layers, projections, weight_of
from tests import pico

TEXTS = pico.texts(24)
RUNTIME = {"seed": 0, "threads": 1, "precision": "fp32", "batch_size": 8}


@pytest.fixture
def context(tmp_path):
    split = Split(TEXTS, pico.labels(24))
    logits = {"train": np.zeros((24, 3), np.float32), "unlabelled": np.zeros((0, 3), np.float32)}
    return SimpleNamespace(train=split, validation=split, unlabelled=[], teacher_logits=logits, teacher_layers=(),
                           seed=0, work=tmp_path / "work")  # fmt: skip


@pytest.fixture
def model():
    return pico.classifier(layers=4, hidden_size=32, intermediate_size=64)


def test_rows_and_columns_are_the_matrixs_own_and_nothing_else_changes(model, context):
    smaller = cur(model, context, rank=8, layers=1)
    replaced = {each["module"] for each in smaller.model.config.replaced}
    assert len(replaced) == 3 and all(each["rank"] == 8 for each in smaller.model.config.replaced)
    for path in replaced:
        before, after = model.model.get_submodule(path), smaller.model.get_submodule(path)
        assert all(any(torch.equal(row, own) for own in before.weight) for row in after.rows.weight)
        assert all(any(torch.equal(column, own) for own in before.weight.T) for column in after.columns.weight.T)
        assert torch.equal(after.bias, before.bias)
        assert not after.rows.weight.requires_grad and not after.columns.weight.requires_grad
    for name, value in smaller.model.state_dict().items():
        if not name.startswith(tuple(replaced)):
            assert torch.equal(value, model.model.state_dict()[name])


@pytest.mark.parametrize("compressor", [cur, svd])
def test_matrices_of_low_rank_are_rebuilt_and_answers_stay(compressor, model, context):
    for layer in layers(model.model):
        for module in (*projections(model.model, layer)[:2], *feed_forward_in(model.model, layer)):
            m, n = module.weight.shape
            module.weight.data = torch.randn(m, 4) @ torch.randn(4, n) / 4
    smaller = compressor(model, context, rank=4, layers=2)
    np.testing.assert_allclose(smaller.logits(TEXTS), model.logits(TEXTS), atol=2e-3)
    by_energy = compressor(model, context, rank=0.9999999, layers=2)
    assert {each["rank"] for each in by_energy.model.config.replaced} <= {3, 4}


def test_only_cores_are_trained_where_that_is_asked_and_rows_and_columns_never(model, context, tmp_path):
    cur(model, context, rank=8, layers=2).save(tmp_path / "cur", TEXTS)
    smaller = load_model(tmp_path / "cur", RUNTIME)
    how = {"alpha": 0.0, "epochs": 2, "batch_size": 8, "learning_rate": 1e-2}
    for trainable in ("cores", "all"):
        tuned = distill(smaller, context, **how, trainable=trainable)
        before, after = smaller.model.state_dict(), tuned.model.state_dict()
        moved = {name for name in before if not torch.equal(before[name], after[name])}
        cores = {name for name in before if name.endswith(".core.weight")}
        assert cores <= moved and not [name for name in moved if ".rows." in name or ".columns.weight" in name]
        assert (moved == cores) == (trainable == "cores")
        assert all(
            each.requires_grad for name, each in tuned.model.named_parameters() if name.startswith("classifier")
        )
    with pytest.raises(ValueError, match="no core that `cur` made"):
        distill(model, context, **how, trainable="cores")


def test_fused_it_answers_the_same_in_fewer_parameters_those_of_the_svd(model, context):
    smaller = cur(model, context, rank=8, layers=2, matrices="all")
    fused = fuse_cores(smaller, context)
    np.testing.assert_allclose(fused.logits(TEXTS), smaller.logits(TEXTS), atol=1e-4)
    assert smaller.model.num_parameters() - fused.model.num_parameters() == 2 * 6 * 8**2
    control = svd(model, context, rank=8, layers=2, matrices="all")
    assert control.model.num_parameters() == fused.model.num_parameters()
    with pytest.raises(ValueError, match="put it after cur"):
        fuse_cores(model, context)


def test_a_decomposed_model_loses_layers_and_is_quantized(model, context, tmp_path):
    smaller = cur(model, context, rank=8, layers=2)
    fewer = smaller.with_model(keep_layers(smaller.model, [1, 3]))
    assert {each["module"].split(".")[3] for each in fewer.model.config.replaced} == {"0"}
    core = "bert.encoder.layer.{}.attention.self.query.core.weight"
    assert torch.equal(fewer.model.state_dict()[core.format(0)], smaller.model.state_dict()[core.format(1)])
    for each in (fewer, quantize(fewer, context, bits=8)):
        each.save(tmp_path / type(each).__name__, TEXTS)
        again = load_model(tmp_path / type(each).__name__, RUNTIME)
        np.testing.assert_allclose(again.logits(TEXTS), each.logits(TEXTS), atol=1e-5)


def test_what_cannot_be_made_smaller_is_refused_by_name(model, context):
    with pytest.raises(ValueError, match=r"rank 20 makes bert.encoder.layer.\d.attention.self.query, .*: 13 does"):
        cur(model, context, rank=20, layers=1)
    with pytest.raises(ValueError, match="3 layers are to be decomposed, and 2 lie between"):
        cur(model, context, rank=8, layers=3)
    whole = svd(model, context, rank=8, layers="all", matrices="all").model.config
    assert len(whole.replaced) == 6 * whole.num_hidden_layers


def test_inputs_are_measured_without_padding(model):
    chosen = matrices_of(model, [1], "query_key_in")
    alone = [input_norms(model, chosen, [text]) for text in TEXTS]
    tokens = np.array([len(model.processor(text)["input_ids"]) for text in TEXTS])
    for path, together in input_norms(model, chosen, TEXTS).items():
        mean = sum(count * each[path] ** 2 for count, each in zip(tokens, alone, strict=True)) / tokens.sum()
        torch.testing.assert_close(together, mean.sqrt(), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("family", sorted(ARCHITECTURES))
def test_every_family_has_its_matrices_and_norms(family):
    model, inputs = pico.classifier(family, layers=3), pico.inputs(family, 6)
    chosen = matrices_of(model, [1], "all")
    norms = input_norms(model, chosen, inputs)
    assert {path: len(norm) for path, norm in norms.items()} == {p: weight_of(m).shape[1] for p, m in chosen.items()}
    assert all((norm > 0).all() for norm in norms.values())
    assert ((distances := angular_distances(model, inputs)) > 0).all() and (distances < 1).all()


def test_the_calmest_layers_are_those_that_turn_least(model):
    for name, parameter in layers(model.model)[2].named_parameters():
        if name.endswith(("output.dense.weight", "output.dense.bias")):
            parameter.data.mul_(1e-3)  # what the layer adds is small beside its input
    distances = angular_distances(model, TEXTS)
    assert calmest_layers(model, TEXTS, 1) == [2] and distances[2] < distances[1]
    assert calmest_layers(model, TEXTS, 2) == [1, 2]


def test_the_nearest_product_is_eckart_and_youngs_in_the_weighted_norm():
    draw = torch.Generator().manual_seed(0)
    weight, norms = torch.randn(20, 12, generator=draw), torch.rand(12, generator=draw) + 0.1
    wide, narrow = nearest(weight, 5, norms)
    error = ((wide @ narrow - weight) * norms).square().sum()
    torch.testing.assert_close(error, torch.linalg.svdvals(weight * norms)[5:].square().sum(), rtol=1e-4, atol=0)


def test_the_published_size_of_llama_3_1_8b():
    """8,030,261,248 -> 7,316,574,208 parameters at rank 256 in ten layers (arXiv:2501.04211)."""
    config = LlamaConfig(
        vocab_size=128256, hidden_size=4096, intermediate_size=14336, num_hidden_layers=32, num_attention_heads=32,
        num_key_value_heads=8,
    )  # fmt: skip
    with torch.device("meta"):
        whole = LlamaForCausalLM(config).num_parameters()
        config.replaced = [
            {"module": f"model.layers.{i}.{name}", "by": "cur_linear", "rank": 256}
            for i in range(10, 20) for name in ("self_attn.q_proj", "self_attn.k_proj", "mlp.gate_proj")
        ]  # fmt: skip
        smaller = with_replaced(LlamaForCausalLM, config)(config).num_parameters()
    assert (whole, smaller) == (8_030_261_248, 7_316_574_208)
