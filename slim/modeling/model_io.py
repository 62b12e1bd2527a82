"""Models as folders: load, save, and the manifest that says what a folder holds."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from huggingface_hub.errors import StrictDataclassError
from transformers import AutoConfig, AutoImageProcessor, AutoTokenizer, PreTrainedConfig
from transformers.utils import logging

from slim.modeling.architecture import Config, Model
from slim.modeling.heads import fit_head, head_config, head_names
from slim.modeling.load_checks import (
    check_config,
    check_formats,
    check_head,
    check_positions,
    check_tensors,
    check_vocabulary,
    ignored_options,
)
from slim.modeling.manifest import model_folder
from slim.modeling.replaced import freeze
from slim.modeling.transformer import Processor, architecture, check_supported, model_class
from slim.utils.io import read_json

FORMAT = "transformers"
"""What the manifest calls a folder that `save` wrote."""


def load(folder: str | Path, labels: Sequence[str] | None = None) -> tuple[Model, Processor]:
    """The classifier and processor of a folder; with `labels`, for these classes.

    The folder's own head is kept where it has classes of these names, in whatever order; otherwise the head is drawn
    anew. Raises ValueError in one line when the folder holds no model, a damaged one, one whose weights, config and
    tokenizer do not fit each other, or an unsupported architecture.
    """
    folder, fresh = Path(folder), labels is not None
    own = config = _config(folder, fresh_head=fresh)
    if labels is not None:
        config = AutoConfig.from_pretrained(folder, local_files_only=True, **head_config(own, labels))
    model, processor, loading = _parts(folder, config, fresh_head=fresh)
    if labels is not None:
        fit_head(folder, model, head_names(own), labels, loading)
    return model.eval(), processor


def check_pretrained(folder: Path, max_tokens: int | None = None, *, fine_tuned: bool = False) -> None:
    """Raise ValueError, in one line, where the model of a folder cannot be fine-tuned on texts of `max_tokens`.

    That is where `load` could not give it a fresh head or, if it is `fine_tuned` already, where its own is not whole.
    Says which of its options mean nothing to transformers.
    """
    model, _, loading = _parts(folder, _config(folder, fresh_head=not fine_tuned), fresh_head=True)
    if fine_tuned:
        check_head(folder, loading)
    if max_tokens is not None:
        check_positions(folder, model, max_tokens)
    if ignored := ignored_options(read_json(folder / "config.json"), model):
        print(f"config.json has options that transformers does not read: {', '.join(ignored)}", flush=True)


def _config(folder: Path, *, fresh_head: bool) -> Config:
    """The config of a folder that holds a model which can be read."""
    if not (folder / "config.json").is_file() or not (folder / "model.safetensors").is_file():
        if pickled := next(folder.glob("pytorch_model*.bin"), None):
            raise ValueError(f"{pickled} is a pickle, which is never loaded: save the model as model.safetensors")
        raise ValueError(f"{folder} holds no config.json and model.safetensors: run `dvc repro` or `dvc checkout`")
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    with _readable(folder):
        raw, _ = PreTrainedConfig.get_config_dict(folder, local_files_only=True)
        if not isinstance(raw, dict):
            raise ValueError("config.json is no JSON object")
    architecture(str(raw.get("model_type")))
    check_config(folder, raw, fresh_head=fresh_head)
    with _readable(folder):
        config = AutoConfig.from_pretrained(folder, local_files_only=True)
    check_supported(config)
    return config


def _parts(folder: Path, config: Config, *, fresh_head: bool) -> tuple[Model, Processor, Mapping[str, Any]]:
    """(the model of a folder, its processor, which tensors `from_pretrained` had to draw), all checked."""
    check_formats(folder)
    processor = _processor(folder, config)
    reconcile(config, processor, str(folder))
    with _readable(folder):
        model, loading = model_class(config).from_pretrained(
            folder,
            config=config,
            local_files_only=True,
            use_safetensors=True,
            dtype=torch.float32,
            ignore_mismatched_sizes=True,
            output_loading_info=True,
        )
    freeze(model)
    check_tensors(folder, model, loading, fresh_head=fresh_head)
    if not architecture(config.model_type).images:
        check_vocabulary(folder, model, processor)
    return model, processor, loading


def _processor(folder: Path, config: Config) -> Processor:
    if architecture(config.model_type).images:
        if not (folder / "preprocessor_config.json").is_file():
            raise ValueError(f"{folder} holds a model of images without its preprocessor_config.json: save it beside")
        with _readable(folder):
            return AutoImageProcessor.from_pretrained(folder, local_files_only=True)
    with _readable(folder):
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    if not set(tokenizer.get_vocab()) - set(tokenizer.all_special_tokens):  # as it is where no file was there
        raise ValueError(f"{folder} holds a model without a tokenizer: save it beside the model")
    return tokenizer


@contextmanager
def _readable(folder: Path) -> Iterator[None]:
    """A context that says in one line why a folder cannot be read."""
    try:
        yield
    except (OSError, RuntimeError, LookupError, TypeError, ValueError, ImportError, AttributeError, AssertionError,
            StrictDataclassError) as error:  # fmt: skip
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise ValueError(f"{folder} holds a damaged model ({reason}): save it again, or run `dvc checkout`") from error


def reconcile(config: Config, processor: Processor, folder: str = "model") -> None:
    """Let a config and a tokenizer mean the same padding, to the right, and the tokenizer give what the model takes.

    A model that knows one segment is not told which text of a pair a token is of. Raises ValueError, beginning with
    `folder`, when texts could be padded with no token, or with one that the model has no embedding for, or when an
    image processor makes images of another size or other colours than the model reads.
    """
    known, tokenizer = architecture(config.model_type), processor
    if known.images:
        _check_images(config, processor, folder)
        return
    if tokenizer.pad_token is None:
        if tokenizer.eos_token is None:
            raise ValueError(f"{folder}: the tokenizer has neither a pad_token nor an eos_token: name one")
        tokenizer.pad_token = tokenizer.eos_token
    if known.reads_padding:
        config.pad_token_id = tokenizer.pad_token_id
    for part, token in (("the tokenizer", tokenizer.pad_token_id), ("config.json", config.pad_token_id)):
        if token is not None and token not in range(rows := config.vocab_size):
            raise ValueError(
                f"{folder}: {part} pads with token {token}, the model embeds {rows}: resize its embeddings"
            )
    tokenizer.padding_side = "right"
    unread = ["token_type_ids"] if getattr(config, "type_vocab_size", None) == 1 else []
    taken = [name for name in tokenizer.model_input_names if name in known.inputs and name not in unread]
    if taken != tokenizer.model_input_names:
        tokenizer.model_input_names = tokenizer.init_kwargs["model_input_names"] = taken  # the latter is saved


def _check_images(config: Config, processor: Processor, folder: str) -> None:
    given, read = (processor.size["height"], processor.size["width"]), config.image_size
    if given != (tuple(read) if isinstance(read, list | tuple) else (read, read)):
        raise ValueError(
            f"{folder}: preprocessor_config.json makes images of {given}, the model reads {read}: mend `size`"
        )
    if config.num_channels != 3:
        raise ValueError(f"{folder} reads images of {config.num_channels} channels, not 3: choose another model")


def save(
    model: Model,
    processor: Processor,
    folder: str | Path,
    reference: np.ndarray,
    steps: Sequence[Mapping[str, Any]] = (),
    notes: Mapping[str, Any] | None = None,
    stored_as: str = "float32",
) -> None:
    """Write a model so that plain `from_pretrained` reads it, and beside it what `model_folder` does.

    `steps`: {"stage", "recipe", "method", "options"} of every step that led to the model, first to last.
    `stored_as`: the number format of the weights on disk, by torch's name.
    """
    stored = model if stored_as == "float32" else copy.deepcopy(model).to(getattr(torch, stored_as))
    with model_folder(folder, FORMAT, reference, steps, notes) as aside:
        stored.save_pretrained(aside)
        processor.save_pretrained(aside)
