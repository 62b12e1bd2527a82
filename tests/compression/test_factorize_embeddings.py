"""A table of low rank is found exactly; frequent tokens keep more of theirs; chains go on from a factorized model."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from transformers import AutoModelForSequenceClassification

from slim.compression.compressors.factorize_embeddings import factorize_embeddings
from slim.compression.compressors.quantize import quantize
from slim.compression.compressors.trim_vocabulary import trim_vocabulary
from slim.modeling.formats import load_model
from slim.modeling.splits import Split
from slim.modeling.transformer import keep_layers, layers
from tests import pico

TEXTS = ["word1 word2", "word1 word3 word1", "word4"] * 4
CONTEXT = SimpleNamespace(train=Split(TEXTS, pico.labels(12)), validation=Split(TEXTS, pico.labels(12)), unlabelled=[])


@pytest.fixture
def model():
    return pico.classifier(layers=2, hidden_size=32)


def test_a_table_of_that_rank_is_found_exactly(model):
    table = model.model.get_input_embeddings().weight
    with torch.no_grad():
        left, values, right = torch.linalg.svd(table, full_matrices=False)
        table.copy_(left[:, :5] * values[:5] @ right[:5])
    for weights in ("counts", "equal"):
        smaller = factorize_embeddings(model, CONTEXT, rank=5, weights=weights)
        np.testing.assert_allclose(smaller.logits(TEXTS), model.logits(TEXTS), atol=1e-5)
    rows, width = table.shape
    assert model.model.num_parameters() - smaller.model.num_parameters() == rows * width - 5 * (rows + width)


def test_equal_weights_give_the_nearest_table_and_counts_a_nearer_one_for_frequent_tokens(model):
    table = model.model.get_input_embeddings().weight.detach().clone()
    errors = {}
    for weights in ("counts", "equal"):
        embedding = factorize_embeddings(model, CONTEXT, rank=4, weights=weights).model.get_input_embeddings()
        errors[weights] = (embedding(torch.arange(len(table))) - table).square().sum(1)
    values = torch.linalg.svdvals(table)
    assert errors["equal"].sum().item() == pytest.approx(values[4:].square().sum().item(), rel=1e-4)
    often = model.processor.convert_tokens_to_ids(["word1"])
    assert errors["counts"][often].sum() < errors["equal"][often].sum()


def test_a_rank_that_makes_nothing_smaller_is_refused_with_the_largest_that_does(model):
    with pytest.raises(ValueError, match=r"rank 32 makes a table of 65 x 32 no smaller: 21 does"):
        factorize_embeddings(model, CONTEXT, rank=32)
    factorize_embeddings(model, CONTEXT, rank=21)
    with pytest.raises(ValueError, match="factorized already"):
        factorize_embeddings(factorize_embeddings(model, CONTEXT, rank=8), CONTEXT, rank=4)


def test_a_factorized_model_loses_layers_and_tokens_and_is_quantized(model, tmp_path):
    smaller = factorize_embeddings(model, CONTEXT, rank=16)
    fewer = smaller.with_model(keep_layers(smaller.model, [1]))
    assert len(layers(fewer.model)) == 1 and fewer.model.get_input_embeddings().embedding_dim == 16
    trimmed = trim_vocabulary(smaller, CONTEXT, min_count=1)
    assert trimmed.model.get_input_embeddings().num_embeddings < 65
    np.testing.assert_allclose(trimmed.logits(TEXTS), smaller.logits(TEXTS), atol=1e-5)
    quantized = quantize(trimmed, CONTEXT, bits=4, block_size=16)
    for name, each in (("trimmed", trimmed), ("quantized", quantized)):
        each.save(tmp_path / name, TEXTS)
        again = load_model(tmp_path / name, {"seed": 0, "threads": 1, "precision": "fp32", "batch_size": 8})
        np.testing.assert_allclose(again.logits(TEXTS), each.logits(TEXTS), atol=1e-5)


def test_plain_transformers_says_that_it_does_not_know_the_parts(model, tmp_path):
    factorize_embeddings(model, CONTEXT, rank=8).save(tmp_path, TEXTS)
    _, loading = AutoModelForSequenceClassification.from_pretrained(
        tmp_path, output_loading_info=True, ignore_mismatched_sizes=True
    )
    assert any("expansion" in name for name in loading["unexpected_keys"])
