"""Linear probing before fine-tuning (arXiv:2202.10054): a head that fits the encoder does not distort it."""

from collections.abc import Sequence

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from tqdm import tqdm

from slim.modeling.classifier import Classifier
from slim.modeling.splits import Input, Split
from slim.modeling.transformer import classify, embed, layers, output_layer

C = 10.0
"""Inverse strength of the L2 penalty, in scikit-learn's terms: what a pooler gives is small."""
MAX_ITER = 300
"""A start does not have to converge."""


def probe(classifier: Classifier, training: Split) -> None:
    """Set the output layer, in place, to a logistic regression on what it reads of the encoder as it is.

    A class without a row is given the logit that is least by the biases of the others.
    """
    layer = output_layer(classifier.model)
    biased = layer.bias is not None
    fitted = LogisticRegression(C=C, max_iter=MAX_ITER, fit_intercept=biased).fit(
        features(classifier, training.inputs), training.labels
    )
    weight, bias = fitted.coef_, fitted.intercept_
    if len(fitted.classes_) == 2:  # one row, of the second class against the first
        weight, bias = np.concatenate([-weight, weight]) / 2, np.concatenate([-bias, bias]) / 2
    with torch.no_grad():
        layer.weight.zero_()[fitted.classes_] = torch.as_tensor(weight).to(layer.weight)
        if biased:
            layer.bias.fill_(bias.min())[fitted.classes_] = torch.as_tensor(bias).to(layer.bias)


@torch.no_grad()
def features(classifier: Classifier, inputs: Sequence[Input]) -> np.ndarray:
    """[inputs, d], float32: what the output layer reads, in the order given."""
    model = classifier.model.eval()
    layer, found = output_layer(model), []
    out = np.empty((len(inputs), layer.in_features), np.float32)
    hook = layer.register_forward_pre_hook(lambda _, read: found.append(read[0]))
    with classifier.runtime.autocast():
        for members, batch in tqdm(classifier.batches(inputs), desc="probing", unit="batch"):
            stream = embed(model, classifier.runtime.to_device(batch))
            for each in layers(model):
                stream = stream.through(each, last=each is layers(model)[-1])
            classify(model, stream)
            out[members] = found.pop().float().cpu().numpy()
    hook.remove()
    return out
