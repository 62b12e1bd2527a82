"""How long the smaller models that a model holds take for one input here."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import torch

from slim.compression.widths.elastic import Space, Subnet, running
from slim.modeling.architecture import Batch, Model
from slim.modeling.classifier import Classifier
from slim.modeling.splits import Input
from slim.modeling.transformer import forward_logits
from slim.utils.timing import interleaved


def latency_on(
    classifier: Classifier, space: Space, inputs: Sequence[Input], rounds: int = 40
) -> Callable[[Subnet], float]:
    """A function that estimates the seconds that a smaller model takes for one input, the middle one of `inputs`.

    Median times in PyTorch, on this machine, of models in which every layer has its widest choice, its second widest
    and so on, and of the widest without the layers that may go: each layer adds what its width does on the average.
    """
    model = classifier.model.eval()
    batches = list(classifier.batches(inputs[len(inputs) // 2 :][:1]))
    batch = classifier.runtime.to_device(batches[0][1])
    widths = [[count for count in reversed(each) if count] for each in space.choices]
    subnets = {str(i): tuple(_nth(each, i) for each in widths) for i in range(max(map(len, widths)))}
    subnets["gone"] = tuple(0 if each[0] == 0 else each[-1] for each in space.choices)
    calls = {name: partial(_answer, model, batch, subnet) for name, subnet in subnets.items()}
    median = {name: float(np.median(seconds)) for name, seconds in interleaved(calls, rounds).items()}
    gone = subnets["gone"].count(0)
    beside = median["0"] - len(widths) * (median["0"] - median["gone"]) / gone if gone else 0.0
    layer = [(median[str(i)] - beside) / len(widths) for i in range(len(subnets) - 1)]

    def seconds(subnet: Subnet) -> float:
        places = (each.index(count) for each, count in zip(widths, subnet, strict=True) if count)
        return beside + sum(layer[place] for place in places)

    return seconds


def _nth(choices: Sequence[int], n: int) -> int:
    return choices[min(n, len(choices) - 1)]


@torch.no_grad()
def _answer(model: Model, batch: Batch, subnet: Subnet) -> None:
    with running(model, subnet):
        forward_logits(model, batch).cpu()
