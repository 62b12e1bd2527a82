"""What every compressor promises, over every family of architectures."""

import copy

import numpy as np
import pytest
import torch

from slim.evaluation.metrics.size import size
from slim.modeling import transformer as models
from slim.utils.registry import find, names
from tests import pico

OPTIONS = {
    "drop_layers": ({"kept": [0, 1, 2, 3]}, {"kept": [0, 2]}),
    "keep_all": ({}, {}),
}
"""compressor -> options that change nothing, options that compress."""


def test_every_compressor_has_options_to_be_tested_with():
    assert set(OPTIONS) == set(names("compression/compressors"))


@pytest.mark.parametrize("family", models.ARCHITECTURES)
@pytest.mark.parametrize("name", OPTIONS)
def test_a_compressor_told_to_change_nothing_computes_the_same_and_leaves_its_input_alone(name, family):
    whole = pico.classifier(family=family, layers=4)
    before = copy.deepcopy(whole.model.state_dict())
    same = whole.with_model(find("compression/compressors", name)(whole.model, None, **OPTIONS[name][0]))
    np.testing.assert_array_equal(same.logits(pico.inputs(family)), whole.logits(pico.inputs(family)))
    find("compression/compressors", name)(whole.model, None, **OPTIONS[name][1])
    assert all(torch.equal(before[key], tensor) for key, tensor in whole.model.state_dict().items())


@pytest.mark.parametrize("family", models.ARCHITECTURES)
@pytest.mark.parametrize("name", OPTIONS)
def test_a_compressed_model_reloads_from_its_folder_and_is_smaller_on_disk(name, family, tmp_path):
    whole = pico.classifier(family=family, layers=4)
    smaller = whole.with_model(find("compression/compressors", name)(whole.model, None, **OPTIONS[name][1]))
    for folder, one in (("whole", whole), ("smaller", smaller)):
        one.save(tmp_path / folder, pico.inputs(family))
    reloaded = type(smaller.model).from_pretrained(tmp_path / "smaller").eval()
    np.testing.assert_array_equal(
        smaller.with_model(reloaded).logits(pico.inputs(family)), smaller.logits(pico.inputs(family))
    )
    sizes = [size(tmp_path / folder)["bytes"] for folder in ("smaller", "whole")]
    assert sizes[0] < sizes[1] or name == "keep_all"


