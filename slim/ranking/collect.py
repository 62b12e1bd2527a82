"""One forward and backward pass over a sample of texts that measures everything the twelve signals need."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from tqdm import tqdm

from slim.modeling.architecture import Batch, Model
from slim.modeling.batching import Batches
from slim.modeling.device import Runtime
from slim.modeling.transformer import (
    architecture_of,
    attention,
    count_keys,
    eager_attention,
    forward_logits,
    layers,
    read_out,
    real_tokens,
)
from slim.ranking.layer_statistics import LayerStatistics
from slim.ranking.per_example_gradients import ExampleSquares, gradient_norm, squares_one_by_one


def collect(model: Model, batches: Batches, labels: np.ndarray, runtime: Runtime) -> LayerStatistics:
    """The LayerStatistics of the model over labelled texts; `batches` must be in text order (by_length=False).

    Always in float32, whatever the runtime's precision: gradients in bfloat16 have three digits. Raises ValueError for
    layers of different sizes, or a layer whose per-example gradients cannot be computed.
    """
    model = model.to(runtime.device).eval()
    parts: list[dict[str, np.ndarray]] = []
    with _only_layers_need_gradients(model), eager_attention(model):
        for members, batch in tqdm(batches, desc="measuring layers", unit="batch"):
            targets = torch.as_tensor(labels[members], device=runtime.device)
            parts.append(_batch_statistics(model, runtime.to_device(batch), targets))
    lengths = np.concatenate([part.pop("lengths") for part in parts])
    gathered = {name: np.concatenate([part[name] for part in parts], axis=_AXIS.get(name, -1)) for name in parts[0]}
    return LayerStatistics(
        example_of_token=np.repeat(np.arange(len(lengths)), lengths),
        keys=count_keys(model, lengths),
        labels=np.asarray(labels, np.int64),
        weights=_weights(model),
        **gathered,
    )


_AXIS = {"pooled": 1}  # every other array grows along its last axis


def _batch_statistics(model: Model, batch: Batch, targets: Tensor) -> dict[str, np.ndarray]:
    """Every statistic of one batch by the name of its LayerStatistics field, and the texts' `lengths`."""
    stack, known = layers(model), architecture_of(model)
    real = real_tokens(model, batch)
    squares, activations, attentions = ExampleSquares(), _Recorder(), _Recorder()
    model.zero_grad(set_to_none=True)
    with (
        nullcontext() if known.mixes_examples else squares.watching(stack, known.norms),
        activations.watching(stack, lambda args, out: _activation(model, args[0], out, batch)),
        attentions.watching(
            [attention(model, layer) for layer in stack], lambda _, out: _attention_rows(out[1], real)
        ),
    ):
        logits = forward_logits(model, batch)
        cross_entropy(logits, targets, reduction="sum").backward()
    size = len(targets)
    batch_norm = np.array([[gradient_norm(layer) / size] for layer in stack])
    if known.mixes_examples:
        example_square = squares_one_by_one(stack, lambda i: _example_loss(model, batch, targets, i), size).numpy()
    else:
        example_square = np.stack([squares.total[i].double().cpu().numpy() for i in range(len(stack))])
    return {
        "lengths": real.sum(1).cpu().numpy(),
        "channel_mean": activations.stacked("channel_mean", axis=1),
        "row_norm": activations.stacked("row_norm", axis=1),
        "pooled": activations.stacked("pooled"),
        "attention_max": attentions.stacked("max"),
        "attention_entropy": attentions.stacked("entropy"),
        "predictions": logits.argmax(-1).cpu().numpy(),
        "gradient_batch_norm": batch_norm,
        "gradient_example_square": example_square,
    }


def _example_loss(model: Model, batch: Batch, targets: Tensor, example: int) -> Tensor:
    alone = {name: values[example : example + 1] for name, values in batch.items()}
    return cross_entropy(forward_logits(model, alone), targets[example : example + 1])


def _activation(model: Model, before: Tensor, output: Any, batch: Batch) -> dict[str, Tensor]:
    """Channel means and norms [2 sites, tokens] of a layer's output and update, and its read-out [n, d]."""
    after = output[0] if isinstance(output, tuple) else output
    real = real_tokens(model, batch)
    sites = torch.stack([after[real], (after - before)[real]])
    return {"channel_mean": sites.mean(-1), "row_norm": sites.norm(dim=-1), "pooled": read_out(model, after, batch)}


def _attention_rows(weights: Tensor, real: Tensor) -> dict[str, Tensor]:
    """Largest weight and entropy in nats [heads, tokens] of the attention row of every real query."""
    rows = weights.transpose(1, 2)[real]  # [tokens, heads, keys]
    return {"max": rows.amax(-1).T, "entropy": torch.special.entr(rows).sum(-1).T}


class _Recorder:
    """Applies a function to each module's input and output during a forward pass, and keeps the results."""

    def __init__(self) -> None:
        self.records: list[dict[str, Tensor]] = []

    @contextmanager
    def watching(
        self, modules: list[nn.Module] | nn.ModuleList, read: Callable[[Any, Any], dict[str, Tensor]]
    ) -> Iterator[None]:
        def hook(_: nn.Module, args: Any, output: Any) -> None:
            with torch.no_grad():
                self.records.append({name: tensor.detach().cpu() for name, tensor in read(args, output).items()})

        hooks = [module.register_forward_hook(hook) for module in modules]
        try:
            yield
        finally:
            for handle in hooks:
                handle.remove()

    def stacked(self, name: str, axis: int = 0) -> np.ndarray:
        """One array over all modules, in the order they ran."""
        return np.stack([record[name].numpy() for record in self.records], axis=axis)


def _weights(model: Model) -> np.ndarray:
    """[L, weights]: every entry of each layer's weight matrices, in the order of its parameters."""
    matrices = [[p for p in layer.parameters() if p.dim() > 1] for layer in layers(model)]
    if len(sizes := {sum(p.numel() for p in ps) for ps in matrices}) > 1:
        raise ValueError(f"layers with {sorted(sizes)} weights do not compare: choose a model whose layers are alike")
    return np.stack([torch.cat([p.detach().flatten() for p in ps]).float().cpu().numpy() for ps in matrices])


@contextmanager
def _only_layers_need_gradients(model: Model) -> Iterator[None]:
    before = {parameter: parameter.requires_grad for parameter in model.parameters()}
    model.requires_grad_(False)
    layers(model).requires_grad_(True)
    try:
        yield
    finally:
        for parameter, needed in before.items():
            parameter.requires_grad_(needed)
        model.zero_grad(set_to_none=True)
