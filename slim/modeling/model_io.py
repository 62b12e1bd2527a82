"""Models as folders: load, save, and the manifest that says what a folder holds."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoConfig, AutoImageProcessor, AutoTokenizer
from transformers.utils import logging

from slim.modeling.architectures._architecture import Config
from slim.modeling.load_checks import check_config, check_tensors, fit_head
from slim.modeling.manifest import write_manifest
from slim.modeling.transformer import Model, Processor, architecture, auto_model, check_supported, output_layer
from slim.utils.io import read_json, write_json, written_aside

FORMAT = "transformers"
"""What the manifest calls a folder that `save` wrote."""


def load(folder: str | Path, labels: Sequence[str] | None = None) -> tuple[Model, Processor]:
    """The classifier and processor of a folder; with `labels`, for these classes.

    The folder's own head is kept where it has classes of these names, in whatever order; otherwise the head is drawn
    anew. Raises ValueError in one line when the folder holds no model, a damaged one, one whose weights and config do
    not fit each other, or an unsupported architecture.
    """
    folder = Path(folder)
    if not (folder / "config.json").is_file() or not (folder / "model.safetensors").is_file():
        if pickled := next(folder.glob("pytorch_model*.bin"), None):
            raise ValueError(f"{pickled} is a pickle, which is never loaded: save the model as model.safetensors")
        raise ValueError(f"{folder} holds no config.json and model.safetensors: run `dvc repro` or `dvc checkout`")
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    raw = read_json(folder / "config.json")
    architecture(raw.get("model_type"))
    check_config(folder, raw, fresh_head=labels is not None)
    with _readable(folder):
        own = AutoConfig.from_pretrained(folder, local_files_only=True)
        config = own if labels is None else AutoConfig.from_pretrained(folder, local_files_only=True, **_head(labels))
    check_supported(config)
    processor = _processor(folder, config)
    reconcile(config, processor)
    with _readable(folder):
        model, loading = auto_model(config).from_pretrained(
            folder,
            config=config,
            local_files_only=True,
            use_safetensors=True,
            dtype=torch.float32,
            ignore_mismatched_sizes=True,
            output_loading_info=True,
        )
    check_tensors(folder, model, loading, fresh_head=labels is not None)
    names = [own.id2label[i] for i in range(own.num_labels)]
    if labels is not None and len(names) == len(labels) and not _head_is_new(model, loading):
        fit_head(folder, model, names, labels)
    return model.eval(), processor


def _head(labels: Sequence[str]) -> dict[str, Any]:
    """What a config says of a head for these classes."""
    names = dict(enumerate(labels))
    label2id = {name: i for i, name in names.items()}
    return {"num_labels": len(labels), "id2label": names, "label2id": label2id, "problem_type": None}


def _head_is_new(model: Model, loading: Mapping[str, Any]) -> bool:
    (output,) = (name for name, module in model.named_modules() if module is output_layer(model))
    return f"{output}.weight" in {*loading["missing_keys"], *(name for name, *_ in loading["mismatched_keys"])}


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
    except (OSError, RuntimeError, KeyError, TypeError, ValueError, ImportError) as error:
        reason = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
        raise ValueError(f"{folder} holds a damaged model ({reason}): save it again, or run `dvc checkout`") from error
    except Exception as error:
        if type(error).__name__ == "SafetensorError":  # not importable by one name in every version
            raise ValueError(
                f"{folder}/model.safetensors is damaged ({error}): save it again, or run `dvc checkout`"
            ) from error
        raise


def reconcile(config: Config, processor: Processor) -> None:
    """Let a config and a tokenizer mean the same padding, to the right, and the tokenizer give what the model takes.

    Raises ValueError when the tokenizer has no token that texts could be padded with, or more tokens than the model
    has embeddings, or when an image processor makes images of another size than the model reads.
    """
    known, tokenizer = architecture(config.model_type), processor
    if known.images:
        given, read = (processor.size["height"], processor.size["width"]), config.image_size
        if given != (tuple(read) if isinstance(read, list | tuple) else (read, read)):
            raise ValueError(f"preprocessor_config.json makes images of {given}, the model reads {read}: mend `size`")
        return
    if len(tokenizer) > config.vocab_size:
        raise ValueError(
            f"the tokenizer has {len(tokenizer)} tokens, the model embeds {config.vocab_size}: resize its embeddings"
        )
    if tokenizer.pad_token is None:
        if tokenizer.eos_token is None:
            raise ValueError("the tokenizer has neither a pad_token nor an eos_token: name one in its config")
        tokenizer.pad_token = tokenizer.eos_token
    if known.reads_padding:
        config.pad_token_id = tokenizer.pad_token_id
    tokenizer.padding_side = "right"
    taken = [name for name in tokenizer.model_input_names if name in known.inputs]
    if taken != tokenizer.model_input_names:
        tokenizer.model_input_names = tokenizer.init_kwargs["model_input_names"] = taken  # the latter is saved


def save(
    model: Model,
    processor: Processor,
    folder: str | Path,
    reference: np.ndarray,
    steps: Sequence[Mapping[str, Any]] = (),
    notes: Mapping[str, Any] | None = None,
    stored_as: str = "float32",
) -> None:
    """Write a model so that plain `from_pretrained` reads it, and the logits that a faithful reload must give.

    `steps`: {"stage", "recipe", "method", "options"} of every step that led to the model, first to last, for
    manifest.json. `reference` [inputs, classes] is kept as reference_logits.npy, each of `notes` as <name>.json.
    `stored_as`: the number format of the weights on disk, by torch's name.
    """
    stored = model if stored_as == "float32" else copy.deepcopy(model).to(getattr(torch, stored_as))
    with written_aside(folder) as aside:
        stored.save_pretrained(aside)
        processor.save_pretrained(aside)
        write_manifest(aside, FORMAT, steps)
        np.save(aside / "reference_logits.npy", reference, allow_pickle=False)
        for name, note in (notes or {}).items():
            write_json(note, aside / f"{name}.json")
