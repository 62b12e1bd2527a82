"""The parts of a model compute what the whole does, for every architecture."""

import json

import numpy as np
import pytest
import torch

from slim.modeling import transformer as models
from tests import pico


@pytest.mark.parametrize("family", models.ARCHITECTURES)
def test_kept_layers_are_the_blocks_run_by_hand(family):
    whole = pico.classifier(family=family, layers=4)
    batch = next(iter(whole.batches(pico.inputs(family, 8))))[1]
    stream = models.embed(whole.model, batch)
    for layer in (1, 3):
        stream = stream.through(models.layers(whole.model)[layer])
    by_hand = models.classify(whole.model, stream)
    torch.testing.assert_close(models.keep_layers(whole.model, [1, 3])(**batch).logits, by_hand)


@pytest.mark.parametrize("family", models.ARCHITECTURES)
def test_padding_does_not_change_logits(family):
    whole = pico.classifier(family=family, layers=4)
    alone = np.concatenate([whole.logits([text]) for text in pico.inputs(family, 8)])
    np.testing.assert_allclose(whole.logits(pico.inputs(family, 8)), alone, atol=1e-5)


@pytest.mark.parametrize("family", models.ARCHITECTURES)
def test_no_layer_runs_and_nothing_stays_behind_while_texts_are_embedded(family):
    whole, ran = pico.classifier(family=family, layers=4), []
    for layer in models.layers(whole.model):
        models.attention(whole.model, layer).register_forward_hook(lambda *_: ran.append(1))
    _, batch = next(iter(whole.batches(pico.inputs(family, 8))))
    before = models.forward_logits(whole.model, batch)
    ran.clear()
    stream = models.embed(whole.model, batch)
    assert not ran and not any("forward" in vars(module) for module in whole.model.modules())
    torch.testing.assert_close(models.forward_logits(whole.model, batch), before, rtol=0, atol=0)
    for extra, options in stream.calls.values():
        assert all(isinstance(each, torch.Tensor | tuple | bool | None) for each in (*extra, *options.values()))


def test_what_a_layer_is_by_its_place_stays_with_it(tmp_path):
    """The third layer of four looks everywhere, and the second does not, wherever they stand."""
    whole = pico.classifier(family="modernbert", layers=4)
    assert whole.model.config.layer_types == ["full_attention", "sliding_attention"] * 2
    pruned = whole.with_model(models.keep_layers(whole.model, [1, 2]))
    pruned.save(tmp_path / "model", pico.texts())
    config = json.loads((tmp_path / "model" / "config.json").read_text())
    assert config["layer_types"] == ["sliding_attention", "full_attention"]
    assert whole.model.config.num_hidden_layers == 4 and len(whole.model.config.layer_types) == 4


@pytest.mark.parametrize("pooling", ["cls", "mean"])
def test_both_ways_of_pooling_are_the_models_own(pooling):
    whole = pico.model("modernbert", classifier_pooling=pooling)
    _, batch = next(iter(pico.batch_of(pico.texts(8))))
    stream = models.embed(whole, batch)
    for layer in models.layers(whole):
        stream = stream.through(layer)
    torch.testing.assert_close(models.classify(whole, stream), models.forward_logits(whole, batch))


@pytest.mark.parametrize("kept", [[], [0, 0], [4], [-1, 0]])
def test_layers_that_do_not_exist_are_refused(kept):
    with pytest.raises(ValueError, match="cannot keep layers"):
        models.keep_layers(pico.model(layers=4), kept)
