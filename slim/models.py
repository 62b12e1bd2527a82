"""All that is known about architectures: what comes before the layers, the layers, what comes after, save and load."""

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer
from transformers.utils import logging

from slim.files import write_json, written_aside

Batch = dict[str, Tensor]
Model = Any  # a transformers PreTrainedModel with a classification head; transformers ships no usable types
Tokenizer = Any


@dataclass(frozen=True)
class Family:
    """Where an architecture keeps the parts that compressors speak of."""

    stack: str
    """Path from the model to the list of its layers."""
    attention: str
    """Path from a layer to the module that returns (output, attention weights)."""
    projections: tuple[str, str, str]
    """Paths from that module to those that make queries, keys and values [n, tokens, d]."""
    tail: Callable[[Model, Tensor], Tensor]
    """(model, last hidden states [n, tokens, d]) -> logits [n, classes]."""


def _pooled_tail(model: Model, hidden: Tensor) -> Tensor:
    logits: Tensor = model.classifier(model.dropout(model.base_model.pooler(hidden)))
    return logits


def _direct_tail(model: Model, hidden: Tensor) -> Tensor:
    logits: Tensor = model.classifier(hidden)
    return logits


_QKV = ("query", "key", "value")

FAMILIES: dict[str, Family] = {
    "bert": Family("bert.encoder.layer", "attention.self", _QKV, _pooled_tail),
    "electra": Family("electra.encoder.layer", "attention.self", _QKV, _direct_tail),
    "roberta": Family("roberta.encoder.layer", "attention.self", _QKV, _direct_tail),
}


def family(model_type: str) -> Family:
    """The parts of an architecture. Raises ValueError, naming those supported, for any other."""
    if model_type not in FAMILIES:
        raise ValueError(f"architecture '{model_type}' is not supported: choose one of {', '.join(sorted(FAMILIES))}")
    return FAMILIES[model_type]


def layers(model: Model) -> nn.ModuleList:
    """The stack of L layers, first to last."""
    stack: nn.ModuleList = attrgetter(family(model.config.model_type).stack)(model)
    return stack


def attention(model: Model, layer: nn.Module) -> nn.Module:
    """The module of a layer whose output is (mixed values, attention weights [n, heads, tokens, tokens])."""
    module: nn.Module = attrgetter(family(model.config.model_type).attention)(layer)
    return module


def projections(model: Model, layer: nn.Module) -> list[nn.Module]:
    """The modules of a layer that make queries, keys and values, each [n, tokens, d]."""
    return [attrgetter(path)(attention(model, layer)) for path in family(model.config.model_type).projections]


@contextmanager
def outputs_of(modules: Iterable[nn.Module]) -> Iterator[list[Tensor]]:
    """What each of some modules puts out during a forward pass in this context, in the order they run."""
    seen: list[Tensor] = []
    hooks = [
        module.register_forward_hook(lambda _, __, out: seen.append(out[0] if isinstance(out, tuple) else out))
        for module in modules
    ]
    try:
        yield seen
    finally:
        for hook in hooks:
            hook.remove()


INPUTS = ("input_ids", "attention_mask", "token_type_ids")
"""What of a batch a model is called with."""


def classified(model: Model, batch: Batch) -> Tensor:
    """Logits [n, classes] in float32 of a batch, which may hold labels and whatever else a loss looks at."""
    logits: Tensor = model(**{name: batch[name] for name in INPUTS if name in batch}).logits
    return logits.float()


@dataclass(frozen=True)
class Stream:
    """Hidden states on their way through the layers, with whatever else every layer is called with."""

    hidden: Tensor
    """[n, tokens, d]"""
    extra: tuple[Any, ...]
    options: dict[str, Any]

    def through(self, layer: nn.Module) -> "Stream":
        """What leaves a layer that this stream enters."""
        output = layer(self.hidden, *self.extra, **self.options)
        return replace(self, hidden=output[0] if isinstance(output, tuple) else output)


class _Reached(Exception):
    """Thrown at the first layer to end a forward pass there."""


def embed(model: Model, batch: Batch) -> Stream:
    """What the first layer is called with, read off the model's own forward pass, so that masks are its own."""
    seen: list[Stream] = []

    def stop(_: nn.Module, args: tuple[Any, ...], options: dict[str, Any]) -> None:
        seen.append(Stream(args[0], args[1:], options))
        raise _Reached

    hook = layers(model)[0].register_forward_pre_hook(stop, with_kwargs=True)
    try:
        classified(model, batch)
    except _Reached:
        pass
    finally:
        hook.remove()
    return seen[0]


def classify(model: Model, stream: Stream) -> Tensor:
    """Logits [n, classes] from the hidden states that left the last retained layer."""
    return family(model.config.model_type).tail(model, stream.hidden)


def read_out(hidden: Tensor) -> Tensor:
    """[n, d]: the vector the classifier reads; in all families here that of the first token."""
    return hidden[:, 0]


def keep_layers(model: Model, kept: Sequence[int]) -> Model:
    """A copy of the model that has only the given layers, in their old order.

    Raises ValueError when a layer does not exist, stands twice, or none is kept.
    """
    count = len(layers(model))
    if not kept or len(set(kept)) != len(kept) or not set(kept) <= set(range(count)):
        raise ValueError(f"cannot keep layers {list(kept)} of a model with layers 0 .. {count - 1}")
    config = copy.deepcopy(model.config)
    config.num_hidden_layers = len(kept)
    smaller = type(model)(config)
    old_stack = family(model.config.model_type).stack
    state = {}
    for name, tensor in model.state_dict().items():
        if not name.startswith(f"{old_stack}."):
            state[name] = tensor
            continue
        index, rest = name.removeprefix(f"{old_stack}.").split(".", 1)
        if int(index) in kept:
            state[f"{old_stack}.{sorted(kept).index(int(index))}.{rest}"] = tensor
    smaller.load_state_dict(state)
    return smaller.to(next(model.parameters()).device).eval()


def load(folder: str | Path, labels: Sequence[str] | None = None) -> tuple[Model, Tokenizer]:
    """The classifier and tokenizer of a folder; with `labels`, under a fresh head unless its own has as many classes.

    Raises ValueError in one line when the folder holds no model, a damaged one, or an unsupported architecture.
    """
    folder = Path(folder)
    if not (folder / "config.json").is_file() or not (folder / "model.safetensors").is_file():
        raise ValueError(f"{folder} holds no config.json and model.safetensors: run `dvc repro` or `dvc checkout`")
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    head: dict[str, Any] = {}
    if labels is not None:
        named = dict(enumerate(labels))
        head = {"num_labels": len(labels), "id2label": named, "label2id": {name: i for i, name in named.items()}}
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True, **head)
        family(config.model_type)
        model = AutoModelForSequenceClassification.from_pretrained(
            folder,
            config=config,
            local_files_only=True,
            use_safetensors=True,
            dtype=torch.float32,
            ignore_mismatched_sizes=labels is not None,  # a head for other classes gives way to a fresh one
        )
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except (OSError, RuntimeError, KeyError, TypeError) as error:
        raise ValueError(f"{folder} holds a damaged model ({str(error).splitlines()[0]}): remove it, rerun") from error
    except Exception as error:
        if type(error).__name__ == "SafetensorError":  # not importable by one name in every version
            raise ValueError(f"{folder}/model.safetensors is damaged ({error}): remove it, rerun") from error
        raise
    return model.eval(), tokenizer


def save(
    model: Model,
    tokenizer: Tokenizer,
    folder: str | Path,
    reference: np.ndarray,
    notes: Mapping[str, Any] | None = None,
) -> None:
    """Write a model so that plain `from_pretrained` reads it, and the logits a faithful reload must give.

    `reference` [texts, classes] is kept as reference_logits.npy beside the weights, each of `notes` as <name>.json.
    """
    with written_aside(folder) as aside:
        model.save_pretrained(aside)
        tokenizer.save_pretrained(aside)
        np.save(aside / "reference_logits.npy", reference, allow_pickle=False)
        for name, note in (notes or {}).items():
            write_json(note, aside / f"{name}.json")
