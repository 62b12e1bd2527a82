"""What the smaller models that a model holds lose, without taking them out."""

from collections.abc import Callable

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from slim.compression.widths.elastic import Space, Subnet, running
from slim.modeling.classifier import Classifier
from slim.modeling.splits import Split
from slim.modeling.transformer import forward_logits


def measured_on(classifier: Classifier, split: Split) -> Callable[[Subnet], float]:
    """A function that gives the mean cross-entropy, in nats, of a smaller model on a split."""
    model, runtime = classifier.model.eval(), classifier.runtime
    batches = [
        (runtime.to_device(batch), torch.as_tensor(split.labels[members], device=runtime.device))
        for members, batch in classifier.batches(split.inputs)
    ]

    @torch.no_grad()
    def loss(subnet: Subnet) -> float:
        with running(model, subnet), runtime.autocast():
            logits = [forward_logits(model, batch) for batch, _ in batches]
        targets = [labels for _, labels in batches]
        return float(cross_entropy(torch.cat(logits), torch.cat(targets)))

    return loss


def least_needed(classifier: Classifier, count: int, split: Split) -> list[int]:
    """The layers without each of which the loss is lowest, the first excepted; ties: the earlier."""
    whole, loss = Space.of(classifier.model, [], []).largest, measured_on(classifier, split)
    losses = [loss((*whole[:i], 0, *whole[i + 1 :])) for i in range(1, len(whole))]
    return sorted(int(i) + 1 for i in np.argsort(losses, kind="stable")[:count])
