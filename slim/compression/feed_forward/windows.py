"""Which adjacent layers can share best: every window is tried on validation, and what runs before it runs once."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from tqdm import tqdm

from slim.modeling.architecture import Model
from slim.modeling.classifier import Classifier
from slim.modeling.splits import Split
from slim.modeling.transformer import Stream, classify, embed, layers


@torch.no_grad()
def best_window(
    classifier: Classifier, length: int, split: Split, merge: Callable[[Sequence[int]], Classifier]
) -> Classifier:
    """The most accurate on a split of the models that `merge` makes of windows of `length` layers; ties: the first.

    A merged model must have the layers before its window as they were: their hidden states [n, tokens, d] are held in
    memory, and every window costs the layers from its first one on. The last one computes only what the head reads.
    """
    model, runtime = classifier.model.eval(), classifier.runtime
    stack, batches = layers(model), classifier.batches(split.inputs)
    with runtime.autocast():
        streams = [embed(model, runtime.to_device(batch)) for _, batch in batches]
        targets = [torch.as_tensor(split.labels[members], device=runtime.device) for members in batches.members]

        def right(first: int) -> int:
            tried = merge(range(first, first + length)).model  # gone before the next: only one is in memory
            answers = [_predicted(tried, stream, first) for stream in streams]
            return sum(int((own == of).sum()) for own, of in zip(answers, targets, strict=True))

        counts = []
        for first in tqdm(range(len(stack) - length + 1), desc="windows", unit="window"):
            counts.append(right(first))
            streams = [stream.through(stack[first]) for stream in streams]
    best = counts.index(max(counts))
    return merge(range(best, best + length))


def _predicted(model: Model, stream: Stream, first: int) -> torch.Tensor:
    """[n]: the classes by a model of the same shape, from the hidden states that enter its layer `first`."""
    *inner, last = layers(model)
    stream = replace(stream, calls=dict(zip([*inner, last], stream.calls.values(), strict=True)))
    for layer in inner[first:]:
        stream = stream.through(layer)
    return classify(model, stream.through(last, last=True)).argmax(-1)
