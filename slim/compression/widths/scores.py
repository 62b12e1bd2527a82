"""How much each unit matters, by its weights, by what runs through it, or by what the loss says of a gate at 1."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from tqdm import tqdm

from slim.compression.matrices.chosen import input_norms
from slim.compression.widths.units import Kind, Sizes, gated, sizes, widths
from slim.modeling.architecture import Model
from slim.modeling.classifier import Classifier
from slim.modeling.replaced import path_of
from slim.modeling.splits import Split
from slim.modeling.transformer import (
    attention_output,
    feed_forward_in,
    feed_forward_out,
    forward_logits,
    layers,
    projections,
    weight_of,
)

Scores = dict[Kind, list[NDArray[np.float64]]]
"""Kind -> for each layer [units], higher for what matters more."""
Criterion = Callable[[Classifier, Split, Sequence[Kind], int], Scores]


def random(classifier: Classifier, _: Split, kinds: Sequence[Kind], seed: int) -> Scores:
    """In random order: the control."""
    draw, of = np.random.default_rng(seed), widths(classifier.model)
    return {kind: [draw.random(units) for units in of[kind]] for kind in kinds}


def magnitude(classifier: Classifier, _: Split, kinds: Sequence[Kind], __: int) -> Scores:
    """The sum of squares of a unit's weights."""
    return _by_weights(classifier.model, kinds, lambda module: weight_of(module).detach().double().square())


def activation(classifier: Classifier, train: Split, kinds: Sequence[Kind], _: int) -> Scores:
    """The sum of |weight| * norm of its input: Wanda's score (arXiv:2306.11695) for units (arXiv:2501.08504)."""
    model = classifier.model
    modules = {path_of(model, each): each for layer in layers(model) for each in _matrices(model, layer)}
    norms = input_norms(classifier, modules, train.inputs)

    def weighted(module: nn.Module) -> Tensor:
        weight = weight_of(module).detach().double()
        return weight.abs() * norms[path_of(model, module)].to(weight.device)

    return _by_weights(model, kinds, weighted)


def taylor(classifier: Classifier, train: Split, kinds: Sequence[Kind], _: int) -> Scores:
    """The mean over inputs of |d loss / d gate| (arXiv:1905.10650)."""
    return _by_gates(classifier, train, kinds, torch.abs)


def fisher(classifier: Classifier, train: Split, kinds: Sequence[Kind], _: int) -> Scores:
    """The mean over inputs of (d loss / d gate)^2, the diagonal of the empirical Fisher (arXiv:2204.09656)."""
    return _by_gates(classifier, train, kinds, torch.square)


CRITERIA: dict[str, Criterion] = {
    "magnitude": magnitude, "random": random, "activation": activation, "taylor": taylor, "fisher": fisher,
}  # fmt: skip


def _matrices(model: Model, layer: nn.Module) -> list[nn.Module]:
    inner = [*feed_forward_in(model, layer), feed_forward_out(model, layer)]
    return [*projections(model, layer), attention_output(model, layer), *inner]


def _by_weights(model: Model, kinds: Sequence[Kind], score: Callable[[nn.Module], Tensor]) -> Scores:
    """Sums over a unit's weights of `score(matrix)` [outputs, inputs]."""
    of, found = sizes(model), Scores()
    for layer in layers(model):
        own = _attention(model, layer, of, score)
        inner = score(feed_forward_out(model, layer)).sum(0)
        for module in feed_forward_in(model, layer):
            inner = inner + score(module).sum(1).view(-1, len(inner)).sum(0)
        own["feed_forward"] = inner
        for kind in kinds:
            found.setdefault(kind, []).append(own[kind].cpu().numpy())
    return found


def _attention(model: Model, layer: nn.Module, of: Sizes, score: Callable[[nn.Module], Tensor]) -> dict[Kind, Tensor]:
    rows = torch.cat([score(module).sum(1) for module in projections(model, layer)])[: sum(of.parts)]
    queries, keys, values = (part.view(of.heads, -1, of.head_size) for part in rows.split(of.parts))
    out = score(attention_output(model, layer)).sum(0).view(of.heads, -1, of.head_size)
    return {
        "query_key": queries.sum((0, 1)) + keys.sum((0, 1)),
        "value": values.sum((0, 1)) + out.sum((0, 1)),
        "heads": sum((part.sum((1, 2)) for part in (queries, keys, values)), out.sum((1, 2))),
    }


def _by_gates(
    classifier: Classifier, train: Split, kinds: Sequence[Kind], score: Callable[[Tensor], Tensor]
) -> Scores:
    """Means over inputs of `score` of the gradient of an input's loss with respect to its gates, which are all 1."""
    model, of = classifier.model.eval(), widths(classifier.model)
    sums: dict[Kind, list[Tensor]] = {kind: [torch.zeros(n, dtype=torch.float64) for n in of[kind]] for kind in kinds}
    frozen = [each for each in model.parameters() if each.requires_grad]
    for each in frozen:
        each.requires_grad_(False)
    try:
        for members, batch in tqdm(classifier.batches(train.inputs), desc="gates", unit="batch"):
            targets = torch.as_tensor(train.labels[members], device=classifier.runtime.device)
            gates = _ones(of, kinds, len(members), classifier.runtime.device)
            with gated(model, gates), classifier.runtime.autocast():
                logits = forward_logits(model, classifier.runtime.to_device(batch))
            flat = [gate for of_kind in gates.values() for gate in of_kind]
            losses = nn.functional.cross_entropy(logits, targets, reduction="sum")
            gradients = iter(torch.autograd.grad(losses, flat))
            for total in (each for of_kind in sums.values() for each in of_kind):
                total.add_(score(next(gradients)).double().sum(0).cpu())
    finally:
        for each in frozen:
            each.requires_grad_(True)
    return {kind: [(each / len(train.inputs)).numpy() for each in of_kind] for kind, of_kind in sums.items()}


def _ones(
    of: Mapping[Kind, Sequence[int]], kinds: Sequence[Kind], inputs: int, device: torch.device
) -> dict[Kind, list[Tensor]]:
    """A gate of 1 for each unit and input."""
    return {kind: [torch.ones(inputs, n, device=device, requires_grad=True) for n in of[kind]] for kind in kinds}
