"""The parts of a model of any architecture: its layers, and what comes before and after them."""

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import (
    AutoModelForImageClassification,
    AutoModelForSequenceClassification,
    ImageProcessingMixin,
)  # fmt: skip
from transformers.pytorch_utils import Conv1D

from slim.modeling.architecture import Architecture, Batch, Config, Model
from slim.modeling.architectures import ARCHITECTURES
from slim.modeling.replaced import renamed, with_replaced

Processor = Any  # a tokenizer or, where a model reads images, an image processor


def architecture(model_type: str) -> Architecture:
    """The declaration of an architecture. Raises ValueError, naming those supported, for any other."""
    if model_type not in ARCHITECTURES:
        known = ", ".join(sorted(ARCHITECTURES))
        raise ValueError(f"architecture '{model_type}' is not supported: choose one of {known}")
    return ARCHITECTURES[model_type]


def check_supported(config: Config) -> None:
    """Raise ValueError, in one line, for an architecture or a variant of it that layers cannot be dropped from."""
    for name, why in architecture(config.model_type).refused.items():
        if value := getattr(config, name, None):
            raise ValueError(f"{config.model_type} with {name}: {value} is not supported, since {why}")


def reads_images(processor: Processor) -> bool:
    """Whether a processor is for images, not for texts."""
    return isinstance(processor, ImageProcessingMixin)


def from_config(config: Config) -> Model:
    """A classifier of random weights."""
    return model_class(config)._from_config(config)


def model_class(config: Config) -> Any:
    """The class of a classifier with this config."""
    known = architecture(config.model_type)
    auto: Any = AutoModelForImageClassification if known.images else AutoModelForSequenceClassification
    return with_replaced(auto._model_mapping[type(config)], config)


def unwrap(model: Model) -> Model:
    """The model itself, which training by several processes wraps."""
    return getattr(model, "module", model)


def architecture_of(model: Model) -> Architecture:
    """The declaration of a model's architecture."""
    return architecture(unwrap(model).config.model_type)


def layers(model: Model) -> nn.ModuleList:
    """The stack of L layers, first to last."""
    stack: nn.ModuleList = attrgetter(architecture_of(model).stack)(model)
    return stack


def attention(model: Model, layer: nn.Module) -> nn.Module:
    """The module of a layer whose output is (mixed values, attention weights [n, heads, tokens, tokens])."""
    module: nn.Module = attrgetter(architecture_of(model).attention)(layer)
    return module


@contextmanager
def eager_attention(model: Model) -> Iterator[None]:
    """A context in which attention modules return their weights, as only the eager implementation does."""
    before, returned = model.config._attn_implementation, model.config.output_attentions
    model.set_attn_implementation("eager")
    if architecture_of(model).needs_output_attentions:
        model.config.output_attentions = True
    try:
        yield
    finally:
        model.config.output_attentions = returned
        model.set_attn_implementation(before)


def output_layer(model: Model) -> nn.Linear:
    """The last layer of the head, whose rows are the classes."""
    return [module for module in model.modules() if isinstance(module, nn.Linear)][-1]


def count_keys(model: Model, lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many keys each real token of texts of these lengths can attend to, text after text.

    [tokens], or [L, tokens] where layers differ in how far their tokens attend.
    """
    here = np.concatenate([np.arange(length) for length in lengths])
    after = np.repeat(lengths, lengths) - 1 - here

    def seen(window: int | None) -> NDArray[np.int64]:
        sides = [here] if architecture_of(model).causal else [here, after]
        return 1 + np.sum([side if window is None else np.minimum(side, window) for side in sides], axis=0)

    windows = [architecture_of(model).window(model.config, layer) for layer in range(len(layers(model)))]
    return seen(windows[0]) if len(set(windows)) == 1 else np.stack([seen(window) for window in windows])


def real_tokens(model: Model, batch: Batch) -> Tensor:
    """[n, tokens], bool: which tokens of a batch are not padding."""
    return architecture_of(model).real(model, batch)


def projections(model: Model, layer: nn.Module) -> list[nn.Module]:
    """The modules of a layer that compute queries, keys and values; `split_heads` takes their outputs."""
    return [attrgetter(path)(attention(model, layer)) for path in architecture_of(model).projections]


def split_heads(model: Model, outputs: Sequence[Tensor]) -> list[Tensor]:
    """Queries, keys and values, each [n, heads, tokens, d / heads], from the outputs of `projections`.

    Without rotary positions. Keys and values may have fewer heads than queries.
    """
    count = len(architecture_of(model).projections)
    parts = outputs[0].chunk(3, dim=-1) if count == 1 else outputs[:count]  # what follows are positions
    size = getattr(model.config, "head_dim", None) or model.config.hidden_size // model.config.num_attention_heads
    return [part.unflatten(-1, (-1, size)).transpose(1, 2) for part in parts]


def attention_output(model: Model, layer: nn.Module) -> nn.Module:
    """The matrix of a layer that heads, side by side, pass through: heads * head size -> hidden."""
    module: nn.Module = attrgetter(architecture_of(model).attention_output)(layer)
    return module


def feed_forward_in(model: Model, layer: nn.Module) -> list[nn.Module]:
    """The matrices hidden -> inner of a layer: one, or gate and up, or one hidden -> 2 * inner that makes both."""
    return [attrgetter(path)(layer) for path in architecture_of(model).feed_forward_in]


def feed_forward_out(model: Model, layer: nn.Module) -> nn.Module:
    """The matrix inner -> hidden of a layer."""
    module: nn.Module = attrgetter(architecture_of(model).feed_forward_out)(layer)
    return module


def weight_of(module: nn.Module) -> Tensor:
    """[outputs, inputs]: a view of a matrix's weight as nn.Linear has it, also where GPT-2's Conv1D has it turned."""
    weight = module.weight
    assert isinstance(weight, Tensor)
    return weight.T if isinstance(module, Conv1D) else weight


@contextmanager
def capture_outputs(modules: Iterable[nn.Module]) -> Iterator[list[Tensor]]:
    """The outputs of some modules during a forward pass in this context, in the order they run."""
    captured: list[Tensor] = []
    hooks = [
        module.register_forward_hook(lambda _, __, out: captured.append(out[0] if isinstance(out, tuple) else out))
        for module in modules
    ]
    try:
        yield captured
    finally:
        for hook in hooks:
            hook.remove()


def forward_logits(model: Model, batch: Batch) -> Tensor:
    """Logits [n, classes] in float32 of a batch, which may hold labels and other columns for a loss."""
    known = architecture_of(model)
    logits: Tensor = model(**{name: batch[name] for name in known.inputs if name in batch}, **known.options).logits
    return logits.float()


@dataclass(frozen=True)
class Stream:
    """Hidden states between layers, with the further arguments that each layer is called with."""

    hidden: Tensor
    """[n, tokens, d]"""
    batch: Batch
    calls: Mapping[nn.Module, tuple[tuple[Any, ...], dict[str, Any]]]
    """layer -> the arguments that the model calls it with, beside the hidden states."""
    lacking: tuple[str, ...]
    """Modules that the next layer is called without."""
    first_only: Callable[..., Tensor] | None
    """Runs a layer for the first token alone, where a head reads no other."""

    def through(self, layer: nn.Module, last: bool = False) -> "Stream":
        """The stream after a layer; after the `last` one it holds no more than `classify` reads."""
        extra, options = self.calls[layer]
        run = partial(self.first_only, layer) if last and self.first_only else layer
        with _without(layer, self.lacking):
            output = run(self.hidden, *extra, **options)
        return replace(self, hidden=output[0] if isinstance(output, tuple) else output, lacking=())


@contextmanager
def _without(layer: nn.Module, names: Sequence[str]) -> Iterator[None]:
    modules = {name: getattr(layer, name) for name in names}
    try:
        for name in modules:
            setattr(layer, name, nn.Identity())
        yield
    finally:
        for name, module in modules.items():
            setattr(layer, name, module)


class _Reached(Exception):
    """Raised at the last layer to end a forward pass there."""


def embed(model: Model, batch: Batch) -> Stream:
    """The input of the first layer and the arguments of all, recorded in the model's own forward pass.

    So masks are the model's own. No layer runs: each returns its input.
    """
    known, stack = architecture_of(model), layers(model)
    entering: list[Tensor] = []
    calls: dict[nn.Module, tuple[tuple[Any, ...], dict[str, Any]]] = {}

    def recorder(layer: nn.Module) -> Any:
        def forward(hidden: Tensor, *extra: Any, **options: Any) -> Any:
            entering.append(hidden)
            calls[layer] = extra, options
            if len(calls) == len(stack):
                raise _Reached
            return (hidden, None) if known.returns_pair else hidden

        return forward

    try:
        for layer in stack:
            layer.forward = recorder(layer)
        forward_logits(model, batch)
    except _Reached:
        pass
    finally:
        for layer in stack:
            vars(layer).pop("forward", None)  # the class's own is behind it
    return Stream(entering[0], batch, calls, known.first_lacks, known.first_only)


def classify(model: Model, stream: Stream) -> Tensor:
    """Logits [n, classes] from the hidden states that left the last retained layer."""
    return architecture_of(model).tail(model, stream.hidden, stream.batch)


def read_out(model: Model, hidden: Tensor, batch: Batch) -> Tensor:
    """[n, d]: what the head would read of these hidden states if their layer were the last."""
    return architecture_of(model).read_out(model, hidden, batch)


def keep_layers(model: Model, kept: Sequence[int]) -> Model:
    """A copy of the model that has only the given layers, in their old order.

    Raises ValueError when a layer does not exist, is named twice, or none is kept.
    """
    count = len(layers(model))
    if not kept or len(set(kept)) != len(kept) or not set(kept) <= set(range(count)):
        raise ValueError(f"cannot keep layers {list(kept)} of a model with layers 0 .. {count - 1}")
    kept = sorted(kept)
    config = copy.deepcopy(model.config)
    for name in architecture_of(model).per_layer:
        setattr(config, name, [getattr(model.config, name)[layer] for layer in kept])
    config.num_hidden_layers = len(kept)
    if replaced := getattr(config, "replaced", None):
        config.replaced = renamed(replaced, lambda path: _renamed(model, path, kept))
    smaller = with_replaced(type(model), config)(config)
    smaller.load_state_dict(_kept_state(model, kept))
    return smaller.to(next(model.parameters()).device).eval()


def _kept_state(model: Model, kept: Sequence[int]) -> dict[str, Tensor]:
    """The tensors of a model without those of the other layers, under their new names."""
    state: dict[str, Tensor] = model.state_dict()
    return {new: tensor for name, tensor in state.items() if (new := _renamed(model, name, kept))}


def _renamed(model: Model, name: str, kept: Sequence[int]) -> str | None:
    """What a tensor or module is called where only some layers are kept; None where it is gone."""
    known = architecture_of(model)
    if not name.startswith(f"{known.stack}."):
        return name
    index, rest = name.removeprefix(f"{known.stack}.").split(".", 1)
    if int(index) not in kept or (int(index) == kept[0] and rest.split(".")[0] in known.first_lacks):
        return None
    return f"{known.stack}.{kept.index(int(index))}.{rest}"
