"""Layers without some of their units: matrices lose rows and columns, and what a layer computes is as if gates were 0.

Attention keeps its number of heads, their size and so the scale of its products: rows that are left out become zeros,
which cost a product of the tokens and save nothing there, but need no attention of our own for any architecture.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from slim.compression.widths.units import Kind, Sizes, sizes, widths
from slim.modeling.architecture import Model
from slim.modeling.replaced import Replacement, path_of, replace_modules
from slim.modeling.transformer import (
    attention_output,
    feed_forward_in,
    feed_forward_out,
    layers,
    projections,
    weight_of,
)

LARGEST = 2**15
"""What the places of rows and columns are saved in: 16 bits."""
Kept = Mapping[Kind, Sequence[NDArray[np.int64]]]
"""Kind -> for each layer, the units that stay; absent where all do."""


@dataclass
class _Changes:
    replacements: list[Replacement] = field(default_factory=list)
    tensors: dict[str, Tensor] = field(default_factory=dict)


def narrowed(model: Model, kept: Kept) -> Model:
    """A copy of the model whose layers have these units alone.

    Raises ValueError where a layer's matrices are another's, too.
    """
    if any(each["by"] == "tied" for each in getattr(model.config, "replaced", None) or []):
        raise ValueError("layers that share a feed-forward part cannot differ in width: narrow before merge_ffn")
    changes, of, full = _Changes(), sizes(model), widths(model)
    for i, layer in enumerate(layers(model)):
        stay = {kind: torch.arange(full[kind][i]) for kind in full}
        stay |= {kind: torch.from_numpy(units[i]) for kind, units in kept.items()}
        _attention(changes, model, layer, of, stay)
        _feed_forward(changes, model, layer, stay["feed_forward"], full["feed_forward"][i])
    return replace_modules(model, changes.replacements, changes.tensors)


def _attention(changes: _Changes, model: Model, layer: nn.Module, of: Sizes, stay: Mapping[Kind, Tensor]) -> None:
    group = of.queries // of.heads
    queries = (stay["heads"][:, None] * group + torch.arange(group)).flatten()
    made = ((queries, stay["query_key"]), (stay["heads"], stay["query_key"]), (stay["heads"], stay["value"]))
    rows = [_rows(heads, units, of.head_size) for heads, units in made]
    modules = projections(model, layer)
    if len(modules) == 1:
        starts = np.cumsum([0, *of.parts[:2]])
        rows = [torch.cat([own + int(start) for own, start in zip(rows, starts, strict=True)])]
    for module, own in zip(modules, rows, strict=False):
        _narrow(changes, model, module, rows=own, spread=True)
    mixed = _rows(queries, stay["value"], of.head_size)
    _narrow(changes, model, attention_output(model, layer), columns=mixed, pick=True)


def _rows(heads: Tensor, units: Tensor, size: int) -> Tensor:
    """Rows of some dimensions of some heads, head after head."""
    return (heads[:, None] * size + units).flatten()


def _feed_forward(changes: _Changes, model: Model, layer: nn.Module, units: Tensor, inner: int) -> None:
    for module in feed_forward_in(model, layer):
        halves = len(weight_of(module)) // inner  # 2 where one matrix makes gate and up, side by side
        _narrow(changes, model, module, rows=torch.cat([units + half * inner for half in range(halves)]))
    _narrow(changes, model, feed_forward_out(model, layer), columns=units)


def _narrow(
    changes: _Changes,
    model: Model,
    module: nn.Module,
    rows: Tensor | None = None,
    columns: Tensor | None = None,
    spread: bool = False,
    pick: bool = False,
) -> None:
    """Note a matrix with some of its rows or columns; nothing where all stay."""
    weight, path = weight_of(module).detach(), path_of(model, module)
    outputs, inputs = weight.shape
    if max(outputs, inputs) >= LARGEST:
        raise ValueError(
            f"{path} is {outputs} by {inputs}, and places of rows beyond {LARGEST} are not saved: leave it"
        )
    rows = torch.arange(outputs) if rows is None else rows
    columns = torch.arange(inputs) if columns is None else columns
    if (len(rows), len(columns)) == (outputs, inputs):
        return
    how = {"by": "narrow_linear", "outputs": len(rows), "inputs": len(columns), "spread": spread, "pick": pick}
    changes.replacements.append({"module": path, **how})
    own = {"narrow.weight": weight[rows.to(weight.device)][:, columns.to(weight.device)]}
    if isinstance(module.bias, Tensor):
        own["narrow.bias"] = module.bias.detach()[rows.to(weight.device)]
    if spread:
        places = torch.full((outputs,), len(rows))
        places[rows] = torch.arange(len(rows))
        own["kept_places"] = places.to(torch.int16)
    if pick:
        own["kept_inputs"] = columns.to(torch.int16)
    changes.tensors |= {f"{path}.{name}": tensor.contiguous() for name, tensor in own.items()}
