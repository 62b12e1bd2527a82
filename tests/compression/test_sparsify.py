"""Single weights at zero: which ones, what is saved, and that training leaves them there."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from slim.compression.compressors.quantize import quantize
from slim.compression.compressors.sparsify import conflict, sparsify
from slim.compression.matrices.sparsity import kept_mask
from slim.modeling.splits import Split
from slim.modeling.transformer import attention_output, feed_forward_in, layers, weight_of
from slim.training.trainer import Schedule, train_classifier
from tests import pico


@pytest.fixture
def context():
    split = Split(pico.texts(), pico.labels())
    return SimpleNamespace(train=split, validation=split, seed=0)


def test_the_lowest_scores_go_in_a_matrix_in_a_row_or_in_each_four():
    scores = torch.tensor([[1.0, 2.0, 3.0, 4.0, 9.0, 9.0], [8.0, 7.0, 6.0, 5.0, 0.0, 0.5]])
    assert kept_mask(scores, 0.5, "matrix").int().tolist() == [[0, 0, 0, 0, 1, 1], [1, 1, 1, 1, 0, 0]]
    assert kept_mask(scores, 0.5, "row").int().tolist() == [[0, 0, 0, 1, 1, 1], [1, 1, 1, 0, 0, 0]]
    assert kept_mask(scores, 0.5, "2_of_4").int().tolist() == [[0, 0, 1, 1, 1, 1], [1, 1, 0, 0, 1, 1]]
    assert kept_mask(torch.zeros(2, 8), 0.25, "row").sum(1).tolist() == [6, 6]  # ties, too


def test_wanda_looks_at_inputs_and_magnitude_does_not(context):
    model = pico.classifier(layers=1)
    layer = layers(model.model)[0]
    with torch.no_grad():
        layer.attention.output.LayerNorm.weight[3] = 0.0  # so nothing comes in there
        layer.attention.output.LayerNorm.bias[3] = 0.0
    kept = {}
    for criterion in ("wanda", "magnitude"):
        sparse = sparsify(model, context, sparsity=1 / 16, criterion=criterion)
        kept[criterion] = weight_of(feed_forward_in(sparse.model, layers(sparse.model)[0])[0]) != 0
    assert not kept["wanda"][:, 3].any() and kept["magnitude"][:, 3].any()


@pytest.mark.parametrize("pattern", ["matrix", "row", "2_of_4"])
@pytest.mark.parametrize("family", ["bert", "gpt2"])
def test_what_stays_is_as_it_was_and_half_of_the_bytes_are_saved(pattern, family, context, tmp_path):
    model = pico.classifier(family, layers=2, hidden_size=64)
    sparse = sparsify(model, context, pattern=pattern)
    for before, after in zip(layers(model.model), layers(sparse.model), strict=True):
        old, new = (
            weight_of(attention_output(each, layer)) for each, layer in ((model.model, before), (sparse.model, after))
        )
        assert (new != 0).float().mean() == pytest.approx(0.5, abs=0.01)
        assert torch.equal(new[new != 0], old[new != 0])
    for name, each in (("before", model), ("after", sparse)):
        each.save(tmp_path / name, pico.texts())
    counts = [
        sum(weight.numel() for name, weight in model.model.state_dict().items() if ".h." in name or ".layer." in name)
    ]
    sizes = [(tmp_path / name / "model.safetensors").stat().st_size for name in ("before", "after")]
    assert sizes[0] - sizes[1] == pytest.approx(counts[0] * 4 * 15 / 32, rel=0.1)


def test_training_moves_what_stays_and_no_zero(context, tmp_path):
    sparse = sparsify(pico.classifier(layers=1), context, sparsity=0.7)
    before = weight_of(attention_output(sparse.model, layers(sparse.model)[0])).detach().clone()
    train_classifier(sparse, context.train, None, Schedule(2, 8, 1e-2, 0.0, 0.0, 0), tmp_path)
    after = weight_of(attention_output(sparse.model, layers(sparse.model)[0])).detach()
    assert torch.equal(before == 0, after == 0) and not torch.equal(before, after)


def test_in_onnx_zeros_are_weights_again(context):
    sparse, texts = sparsify(pico.classifier(layers=1, hidden_size=64), context), pico.texts()
    rounded = quantize(sparse, context, bits=8)
    assert np.corrcoef(rounded.logits(texts).ravel(), sparse.logits(texts).ravel())[0, 1] > 0.95


def test_two_of_four_and_another_sparsity_contradict_one_another():
    assert conflict(pattern="2_of_4", sparsity=0.7) == "2_of_4 leaves half of the weights: leave sparsity out"
    assert conflict(pattern="2_of_4") is None and conflict(sparsity=0.7) is None
