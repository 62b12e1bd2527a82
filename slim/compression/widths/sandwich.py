"""Training a model and the smaller ones that it holds at once: the sandwich rule (arXiv:1903.05134)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

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
        labels, in_place = batch["labels"], self.in_place
        plain = unwrap(model)  # a wrapper that sums gradients over processes allows one pass a step
        with embedding_once(plain):
            logits = forward_logits(model, batch)
            losses = [cross_entropy(logits, labels)]
            for subnet in (self.space.smallest, self.space.random()):
                with running(plain, subnet):
                    own = forward_logits(plain, batch)
                losses.append(soft_labels(own, logits.detach(), 1.0) if in_place else cross_entropy(own, labels))
        return torch.stack(losses).mean(), logits


@contextmanager
def embedding_once(model: Model) -> Iterator[None]:
    """A context in which a model embeds a batch once, however often it runs on it.

    The table of embeddings is most of a small model: its gradient is then made once, not once for each run.
    """
    embeddings: Any = model.get_input_embeddings()
    forward, first = embeddings.forward, list[Tensor]()

    def embedded(*args: Any, **options: Any) -> Tensor:
        if not first:
            first.append(forward(*args, **options))
        return first[0]

    embeddings.forward = embedded
    try:
        yield
    finally:
        del embeddings.forward  # the class's own is behind it
