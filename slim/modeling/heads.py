"""The head of a loaded model: kept where it is known what its classes mean, else drawn anew."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from slim.modeling.architecture import Config, Model
from slim.modeling.device import process_rank
from slim.modeling.load_checks import SINGLE_LABEL
from slim.modeling.transformer import output_layer


def head_names(config: Config) -> list[str]:
    """The names of the classes of a config's head, by their number."""
    return [str(config.id2label.get(i)) for i in range(config.num_labels)]


def head_config(config: Config, labels: Sequence[str]) -> dict[str, Any]:
    """What a config says of a head that chooses one of these classes, whatever it was before."""
    names = dict(enumerate(labels))
    label2id = {name: i for i, name in names.items()}
    problem = config.problem_type and SINGLE_LABEL  # where nothing is said, it is that for every reader
    return {"num_labels": len(labels), "id2label": names, "label2id": label2id, "problem_type": problem}


@torch.no_grad()
def fit_head(
    folder: Path, model: Model, names: Sequence[str], labels: Sequence[str], loading: Mapping[str, Any]
) -> None:
    """Let a loaded head, whose classes had these names, give the logits of `labels`, and say what was done.

    Classes of the same names are put in order. Otherwise it is not known what the head's classes mean: its output
    layer is drawn anew. `loading`: the missing and mismatched tensors that `from_pretrained` reports and draws.
    """
    layer = output_layer(model)
    weight = next(f"{name}.weight" for name, module in model.named_modules() if module is layer)
    if weight in loading["missing_keys"]:  # the folder holds none
        return
    drawn = weight in {name for name, *_ in loading["mismatched_keys"]}
    if list(names) == list(labels) and not drawn:
        return
    parameters = [layer.weight] if layer.bias is None else [layer.weight, layer.bias]
    if sorted(names) == sorted(labels) and not drawn:
        _say(f"{folder}: the classes of its head are put in the order {', '.join(labels)}")
        for parameter in parameters:
            parameter.copy_(parameter[[list(names).index(label) for label in labels]].clone())
        return
    _say(f"{folder}: its head is not for the classes {', '.join(labels)}, so a fresh one is drawn")
    if not drawn:
        nn.init.normal_(layer.weight, std=model.config.initializer_range)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)


def _say(line: str) -> None:
    if process_rank() == 0:
        print(line, flush=True)
