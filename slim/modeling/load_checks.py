"""What a loaded model is checked for: that its file holds all of its tensors, and that its head fits the classes."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from slim.modeling.device import process_rank
from slim.modeling.transformer import Model, output_layer


def check_config(folder: Path, config: Mapping[str, Any], *, fresh_head: bool) -> None:
    """Raise ValueError for weights that are quantized, or for a head that does not choose one class of several."""
    if config.get("quantization_config"):
        raise ValueError(f"{folder} holds quantized weights, which are not supported: save the model in float32")
    problem = config.get("problem_type")
    if problem not in (None, "single_label_classification") and not fresh_head:
        raise ValueError(f"{folder} holds a head for {problem}, not for one class of several: fine-tune it anew")


def check_tensors(folder: Path, model: Model, loading: Mapping[str, Any], *, fresh_head: bool) -> None:
    """Raise ValueError, naming the first tensor, where config.json and model.safetensors do not fit each other.

    `loading`: the missing, mismatched and unexpected tensors that `from_pretrained` reports. With `fresh_head` the
    head and a pooler may be missing or of another size, and those of another task unused. Also for NaN and infinity.
    """

    def refuse(names: Sequence[str], what: str, remedy: str = "save weights and config together again") -> None:
        if names:
            more = f" (and {len(names) - 1} more)" if len(names) > 1 else ""
            raise ValueError(f"{folder}: {sorted(names)[0]}{more} {what}: {remedy}")

    encoder = [*(name for name, _ in model.base_model.named_children()), model.base_model_prefix]

    def required(name: str) -> bool:
        """Whether a tensor must be as it was saved, since it is no part of a head or a pooler that may be new."""
        inner = name.removeprefix(f"{model.base_model_prefix}.")
        return not fresh_head or (name.split(".", maxsplit=1)[0] in encoder and inner.split(".")[0] != "pooler")

    mismatched = {name: (tuple(stored), tuple(declared)) for name, stored, declared in loading["mismatched_keys"]}
    refuse([name for name in loading["missing_keys"] if required(name)], "of the model is not in model.safetensors")
    for name in sorted(filter(required, mismatched)):
        stored, declared = mismatched[name]
        refuse([name], f"is {stored} in model.safetensors and {declared} by config.json")
    refuse(
        [name for name in loading["unexpected_keys"] if required(name)], "is in model.safetensors, not in the model"
    )
    diverged = [name for name, parameter in model.named_parameters() if not parameter.isfinite().all()]
    refuse(diverged, "holds NaN or infinity", "train it again")


def check_positions(model: Model, max_tokens: int) -> None:
    """Raise ValueError where texts of `max_tokens` would have more tokens than the model has positions."""
    for name, module in model.base_model.named_modules():
        if isinstance(module, nn.Embedding) and name.split(".")[-1] in ("position_embeddings", "wpe"):
            positions = module.num_embeddings - (0 if module.padding_idx is None else module.padding_idx + 1)
            if max_tokens > positions:
                raise ValueError(f"finetune.max_tokens: {max_tokens} is more than the model's {positions} positions")


@torch.no_grad()
def fit_head(folder: Path, model: Model, names: Sequence[str], labels: Sequence[str]) -> None:
    """Let the head of a model whose classes have these names give the logits of `labels`, and say what was done.

    Classes of the same names are put in order. Otherwise it is not known what the head's classes mean: its output
    layer is drawn anew.
    """
    if list(names) == list(labels):
        return
    layer: nn.Linear = output_layer(model)
    parameters = [layer.weight] if layer.bias is None else [layer.weight, layer.bias]
    if sorted(names) == sorted(labels):
        _say(f"{folder}: the classes of its head are put in the order {', '.join(labels)}")
        for parameter in parameters:
            parameter.copy_(parameter[[list(names).index(label) for label in labels]].clone())
        return
    _say(f"{folder}: its head is not for the classes {', '.join(labels)}, so a fresh one is drawn")
    nn.init.normal_(layer.weight, std=model.config.initializer_range)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)


def _say(line: str) -> None:
    if process_rank() == 0:
        print(line, flush=True)
