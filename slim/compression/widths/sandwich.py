"""Training a model and the smaller ones that it holds at once: the sandwich rule (arXiv:1903.05134)."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from slim.compression.widths.elastic import Space, Subnet, running
from slim.modeling.architecture import Batch, Model
from slim.modeling.classifier import Classifier
from slim.modeling.splits import Split
from slim.modeling.transformer import forward_logits, unwrap
from slim.training.cross_entropy import cross_entropy
from slim.training.soft_labels import soft_labels


@dataclass(frozen=True)
class Sandwich:
    """An objective: the mean loss of the whole model, the smallest, and a random one between, in one step."""

    space: Space
    in_place: bool
    """Whether the smaller ones learn from what the whole one answers, not from labels."""

    def __call__(self, model: Model, batch: Batch) -> tuple[Tensor, Tensor]:
        """(mean loss, logits [n, classes] of the whole model) of a batch with `labels` [n]."""
        logits = forward_logits(model, batch)
        losses = [cross_entropy(logits, batch["labels"])]
        for subnet in (self.space.smallest, self.space.random()):
            with running(unwrap(model), subnet):
                own = forward_logits(model, batch)
            target = soft_labels(own, logits.detach(), 1.0) if self.in_place else cross_entropy(own, batch["labels"])
            losses.append(target)
        return torch.stack(losses).mean(), logits


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
