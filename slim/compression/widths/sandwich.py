"""Training a model and the smaller ones that it holds at once: the sandwich rule (arXiv:1903.05134)."""

from dataclasses import dataclass

import torch
from torch import Tensor

from slim.compression.widths.elastic import Space, running
from slim.modeling.architecture import Batch, Model
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
            plain = unwrap(model)  # a wrapper that sums gradients over processes allows one pass a step
            with running(plain, subnet):
                own = forward_logits(plain, batch)
            target = soft_labels(own, logits.detach(), 1.0) if self.in_place else cross_entropy(own, batch["labels"])
            losses.append(target)
        return torch.stack(losses).mean(), logits
