"""Which matrices of a model are decomposed: of the layers that change their input least, and what reaches them."""

from collections.abc import Iterator, Mapping, Sequence
from math import pi
from typing import Literal

import torch
from torch import Tensor, nn

from slim.modeling.architecture import Batch
from slim.modeling.classifier import Classifier
from slim.modeling.replaced import path_of
from slim.modeling.splits import Input
from slim.modeling.transformer import (
    attention_output,
    embed,
    feed_forward_in,
    feed_forward_out,
    forward_logits,
    layers,
    projections,
    read_out,
    real_tokens,
)
from slim.utils.option_types import Layers

Which = Literal["query_key_in", "all"]
"""Matrices of a layer: those that make queries, keys and the (gated) feed-forward input, as CURing has them; or all.
Where one matrix makes queries, keys and values, it is taken whole."""


@torch.no_grad()
def angular_distances(classifier: Classifier, inputs: Sequence[Input]) -> Tensor:
    """[L]: how far each layer turns the vector that the head would read, mean over inputs; 1 is half a turn.

    arccos(cos(before, after)) / pi (arXiv:2403.17887, equation 1).
    """
    model, total = classifier.model.eval(), torch.zeros(len(layers(classifier.model)), dtype=torch.float64)
    for batch in _on_device(classifier, inputs):
        stream = embed(model, batch)
        before = read_out(model, stream.hidden, batch)
        for i, layer in enumerate(layers(model)):
            stream = stream.through(layer)
            after = read_out(model, stream.hidden, batch)
            cosine = nn.functional.cosine_similarity(before.double(), after.double(), dim=-1)
            total[i] += cosine.clamp(-1, 1).arccos().sum().cpu() / pi
            before = after
    return total / len(inputs)


def calmest_layers(classifier: Classifier, inputs: Sequence[Input], count: Layers) -> list[int]:
    """The layers with the smallest angular distance, first and last excepted, ties: the earlier; or all layers.

    Raises ValueError when there are not so many.
    """
    depth = len(layers(classifier.model))
    if count == "all":
        return list(range(depth))
    inner = range(1, depth - 1)
    if count > len(inner):
        raise ValueError(f"{count} layers are to be decomposed, and {len(inner)} lie between the first and the last")
    distances = angular_distances(classifier, inputs)
    return sorted(sorted(inner, key=lambda layer: (float(distances[layer]), layer))[:count])


def matrices_of(classifier: Classifier, chosen: Sequence[int], which: Which) -> dict[str, nn.Module]:
    """Path -> matrix, of the chosen layers."""
    model = classifier.model
    found: dict[str, nn.Module] = {}
    for i in chosen:
        layer = layers(model)[i]
        made, entering = projections(model, layer), feed_forward_in(model, layer)
        if which == "all":
            wanted = [*made, attention_output(model, layer), *entering, feed_forward_out(model, layer)]
        else:
            wanted = [*made[:2], entering[0]]
        found |= {path_of(model, module): module for module in wanted}
    return found


@torch.no_grad()
def input_norms(
    classifier: Classifier, modules: Mapping[str, nn.Module], inputs: Sequence[Input]
) -> dict[str, Tensor]:
    """Path -> [n], the root mean square of each input of a matrix over all tokens that are no padding, in float64."""
    model, tokens, real = classifier.model.eval(), 0, torch.empty(0)
    squares: dict[str, Tensor] = {}

    def add(path: str, x: Tensor) -> None:
        if x.shape[:2] == real.shape:  # DeBERTa's matrices also see positions
            here = x[real].double().square().sum(0).cpu()
            squares[path] = squares[path] + here if path in squares else here

    hooks = [
        module.register_forward_pre_hook(lambda _, arguments, path=path: add(path, arguments[0]))
        for path, module in modules.items()
    ]
    try:
        for batch in _on_device(classifier, inputs):
            real = real_tokens(model, batch)
            tokens += int(real.sum())
            forward_logits(model, batch)
    finally:
        for hook in hooks:
            hook.remove()
    return {path: (total / tokens).sqrt() for path, total in squares.items()}


def _on_device(classifier: Classifier, inputs: Sequence[Input]) -> Iterator[Batch]:
    for _, batch in classifier.batches(inputs):
        yield classifier.runtime.to_device(batch)
