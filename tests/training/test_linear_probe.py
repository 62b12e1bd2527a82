"""The head starts as scikit-learn's logistic regression on what it reads."""

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from slim.modeling.splits import Split
from slim.modeling.transformer import ARCHITECTURES, output_layer
from slim.training.linear_probe import MAX_ITER, C, features, probe
from tests import pico


def read_by_the_head(classifier, inputs: Sequence) -> np.ndarray:
    """What the model's own forward pass gives to an output layer that changes nothing: one input at a time."""
    layer, seen = output_layer(classifier.model), []
    hook = layer.register_forward_pre_hook(lambda _, read: seen.append(read[0]))
    rows = []
    for one in inputs:
        classifier.logits([one])
        given = seen.pop()
        rows.append(given.reshape(-1, given.shape[-1])[-1].numpy())  # of a decoder's tokens the last
    hook.remove()
    return np.stack(rows)


@pytest.mark.parametrize("family", sorted(ARCHITECTURES))
def test_features_are_what_the_output_layer_reads(family):
    classifier, inputs = pico.classifier(family), pico.inputs(family)
    assert np.allclose(features(classifier, inputs), read_by_the_head(classifier, inputs), atol=1e-5)


@pytest.mark.parametrize("family", ["bert", "gpt2", "roberta", "vit"])
@pytest.mark.parametrize("classes", [2, 3])
def test_probabilities_are_those_of_the_logistic_regression(family, classes):
    classifier, inputs = pico.classifier(family, classes=classes), pico.inputs(family, 40)
    training = Split(inputs, pico.labels(40, classes))
    read = features(classifier, inputs)
    biased = output_layer(classifier.model).bias is not None
    expected = LogisticRegression(C=C, max_iter=MAX_ITER, fit_intercept=biased).fit(read, training.labels)
    probe(classifier, training)
    given = torch.as_tensor(classifier.logits(inputs)).softmax(-1).numpy()
    assert np.allclose(given, expected.predict_proba(read), atol=1e-4)


def test_the_encoder_stays_as_it_is():
    classifier = pico.classifier()
    before = {name: tensor.clone() for name, tensor in classifier.model.state_dict().items()}
    probe(classifier, Split(pico.texts(), pico.labels()))
    after = classifier.model.state_dict()
    assert {name for name in before if not torch.equal(before[name], after[name])} == {
        "classifier.weight",
        "classifier.bias",
    }


def test_a_class_without_a_row_is_the_least_likely_one():
    classifier, inputs = pico.classifier(classes=4), pico.texts(40)
    labels = pico.labels(40)
    labels[labels == 1] = 3
    probe(classifier, Split(inputs, labels))
    layer = output_layer(classifier.model)
    assert not layer.weight[1].any()
    assert layer.bias[1] == layer.bias.min()
    assert 1 not in classifier.logits(inputs).argmax(-1)
