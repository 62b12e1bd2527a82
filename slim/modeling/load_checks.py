"""What a loaded model is checked for: that its file holds all of it, and that it can read what it is given."""

import inspect
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import transformers
from torch import nn

from slim.modeling.architecture import Model
from slim.modeling.transformer import Processor, architecture
from slim.modeling.weights import number_formats

SINGLE_LABEL = "single_label_classification"
FLOATS = ("F64", "F32", "F16", "BF16")
"""Formats of numbers that hold weights as they are."""
BUFFERS = re.compile(r"(position_ids|(^|\.)attn\.(masked_)?bias|rotary_emb\.inv_freq|embeddings\.mask_token)$")
"""Tensors that no classifier needs: those that older versions saved, and what pretraining puts in place of a patch."""
CODES = re.compile(r"\.(shared_labels|packed_codes|packed_mask|kept_inputs|kept_places)$")
"""Tensors of whole numbers that are no quantized weights."""
HEADS = re.compile(
    r"cls|score|lm_head|.*head|.*classifier.*|.*outputs?|.*predictions|vocab_.*|decoder|pooler|sequence_summary|dropout"
)
"""Names of a head, of any task, as transformers' classes have them: an encoder is whole without it."""


def check_config(folder: Path, config: Mapping[str, Any], *, fresh_head: bool) -> None:
    """Raise ValueError for a config of what slim does not compute, or of a head that does not choose one class."""
    if config.get("quantization_config"):
        raise ValueError(f"{folder} holds quantized weights, which are not supported: save the model in float32")
    own, model_type = config.get("auto_map") or {}, config["model_type"]
    if code := next((name for auto, name in sorted(own.items()) if auto.startswith("AutoModel")), None):
        raise ValueError(f"{folder} needs code of its own ({code}), which is never run: choose another model, or "
                         f"remove `auto_map` if transformers' {model_type} computes the same")  # fmt: skip
    for name in config.get("architectures") or ():
        if (of := _model_type(name)) not in (None, model_type):
            raise ValueError(f"{folder} holds a {name}, of the architecture '{of}', with a config for '{model_type}': "
                             "save weights and config together again")  # fmt: skip
    for name, value in architecture(model_type).fixed.items():
        if (config.get(name) or value) != value:
            raise ValueError(f"{folder}: {model_type} with {name}: {config[name]} is not supported: transformers "
                             f"computes {value} only: choose another model")  # fmt: skip
    problem = config.get("problem_type")
    if problem not in (None, SINGLE_LABEL) and not fresh_head:
        raise ValueError(f"{folder} holds a head for {problem}, not for one class of several: fine-tune it anew")


def _model_type(name: str) -> str | None:
    """The architecture of a class of transformers, None where it has no such class."""
    try:
        return getattr(transformers, name).config_class.model_type
    except (AttributeError, ImportError, RuntimeError):
        return None


def ignored_options(config: Mapping[str, Any], model: Model) -> list[str]:
    """The options of a config.json that are not even mentioned in the code of a model's class and its config's."""
    modules = {each.__module__ for made in (model, model.config) for each in type(made).__mro__}
    code = "".join(inspect.getsource(sys.modules[name]) for name in modules if name.startswith("transformers."))
    other = ("tokenizer_class", "finetuning_task", "task_specific_params", "replaced")
    known = {*architecture(config["model_type"]).fixed, *other}
    return [name for name, value in sorted(config.items()) if value and name not in known and name not in code]


def check_formats(folder: Path) -> None:
    """Raise ValueError, naming the first, for tensors that are no plain numbers, as quantized ones are."""
    for name, numbers in sorted(number_formats(folder / "model.safetensors").items()):
        if numbers not in FLOATS and not BUFFERS.search(name) and not CODES.search(name):
            raise ValueError(f"{folder} holds quantized weights ({name} is {numbers}): save the model in float32")


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
        first, inner = name.split(".", maxsplit=1)[0], name.removeprefix(f"{model.base_model_prefix}.")
        head = inner.split(".")[0] == "pooler" or (first not in encoder and HEADS.fullmatch(first))
        return not (fresh_head and head)

    mismatched = {name: (tuple(stored), tuple(declared)) for name, stored, declared in loading["mismatched_keys"]}
    refuse([name for name in loading["missing_keys"] if required(name)], "of the model is not in model.safetensors")
    for name in sorted(filter(required, mismatched)):
        stored, declared = mismatched[name]
        refuse([name], f"is {stored} in model.safetensors and {declared} by config.json")
    unused = [name for name in loading["unexpected_keys"] if required(name) and not BUFFERS.search(name)]
    refuse(unused, "is in model.safetensors, not in the model")
    diverged = [name for name, parameter in model.named_parameters() if not parameter.isfinite().all()]
    refuse(diverged, "holds NaN or infinity", "train it again")


def check_head(folder: Path, loading: Mapping[str, Any]) -> None:
    """Raise ValueError, naming the first tensor, where a model of which nothing else is missing lacks its head.

    What its class does not use may lie beside it: the pooler of many a published RoBERTa does.
    """
    if absent := sorted([*loading["missing_keys"], *(name for name, *_ in loading["mismatched_keys"])]):
        raise ValueError(f"{folder}: {absent[0]} of its head is not in model.safetensors, or of another size: drop "
                         "model.fine_tuned, and a head is trained")  # fmt: skip


def check_vocabulary(folder: Path, model: Model, tokenizer: Processor) -> None:
    """Raise ValueError where a tokenizer gives what the embeddings have no row for."""
    rows, last = model.get_input_embeddings().num_embeddings, max(tokenizer.get_vocab().values())
    if last >= rows:
        raise ValueError(f"{folder}: the tokenizer has {last + 1} tokens, the model embeds {rows}: resize and save it")
    for module in position_tables(model).values():
        if module.padding_idx not in (None, tokenizer.pad_token_id):
            raise ValueError(f"{folder}: the tokenizer pads with token {tokenizer.pad_token_id}, and positions count "
                             f"from token {module.padding_idx}: let pad_token_id be the same")  # fmt: skip


def positions(model: Model) -> int | None:
    """How many tokens of a text the model has positions for; None: any number."""
    counts = [
        module.num_embeddings - (0 if module.padding_idx is None else module.padding_idx + 1)
        for module in position_tables(model).values()
    ]
    return min(counts, default=None)


def check_positions(folder: Path, model: Model, max_tokens: int) -> None:
    """Raise ValueError where texts of `max_tokens` would have more tokens than the model has positions."""
    count = positions(model)
    if count is not None and max_tokens > count:
        raise ValueError(f"finetune.max_tokens: {max_tokens} is more than the {count} positions of {folder}: lower it")


def position_tables(model: Model) -> dict[str, nn.Embedding]:
    """Path -> table of learnt positions; RoBERTa's begins after the padding index."""
    return {
        name: module
        for name, module in model.named_modules()
        if isinstance(module, nn.Embedding) and name.split(".")[-1] in ("position_embeddings", "wpe")
    }
