"""Models of random weights, so that any architecture and depth can be studied where there is nothing to download."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from transformers import CONFIG_MAPPING, AutoConfig, AutoModel, AutoTokenizer, set_seed
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil
from transformers.utils import logging

from slim.modeling.model_io import reconcile
from slim.modeling.transformer import architecture, check_supported, reads_images


def draw(folder: Path, tokenizer_of: Path | None, config: Mapping[str, Any], seed: int) -> None:
    """Write an encoder of random weights, and the tokenizer of another folder, which it goes with.

    `config` and what goes beside it: see `configuration`. Raises ValueError as that does, and where
    the two do not go together.
    """
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    made, processor = configuration(tokenizer_of, config)
    reconcile(made, processor)
    set_seed(seed)
    AutoModel.from_config(made).save_pretrained(folder)
    processor.save_pretrained(folder)
    if reads_images(processor):
        return
    if AutoTokenizer.from_pretrained(folder, local_files_only=True)(PROBE) != processor(PROBE):
        raise ValueError(
            f"model.config.model_type: transformers reads a tokenizer beside a '{made.model_type}' as "
            f"{made.model_type}'s own, so not that of {tokenizer_of}: choose another architecture"
        )


def configuration(tokenizer_of: Path | None, config: Mapping[str, Any]) -> tuple[Any, Any]:
    """(the configuration of an encoder that goes with the tokenizer of a folder, that tokenizer).

    `config`: model_type and sizes; vocabulary and special tokens are the tokenizer's. Without a folder, that of an
    encoder of images, with what makes images of its size. Raises ValueError for an
    unsupported architecture, or a size that it does not have.
    """
    sizes = {name: size for name, size in config.items() if size is not None}
    model_type = sizes.pop("model_type")
    known, plain = architecture(model_type), CONFIG_MAPPING[model_type]()
    sizes[known.inner] = sizes.pop("intermediate_size")
    if known.images != (tokenizer_of is None):
        needed = "image_size and patch_size" if known.images else "`name`, the package whose tokenizer is used"
        raise ValueError(f"model: architecture '{model_type}' needs {needed}: give that, or another model_type")
    if not known.images:
        sizes.setdefault("max_position_embeddings", 512)
    for name in sizes:
        if not hasattr(plain, name):
            raise ValueError(f"model.config.{name}: architecture '{model_type}' has none: leave it out")
    if tokenizer_of is None:
        size = {"height": sizes["image_size"], "width": sizes["image_size"]}
        return AutoConfig.for_model(model_type, **sizes), ViTImageProcessorPil(size=size)
    tokenizer = AutoTokenizer.from_pretrained(tokenizer_of, local_files_only=True)
    tokens = {
        f"{name}_token_id": getattr(tokenizer, f"{name}_token_id") for name in ("pad", "bos", "eos", "cls", "sep")
    }
    special = {name: token for name, token in tokens.items() if hasattr(plain, name)}
    made = AutoConfig.for_model(model_type, vocab_size=len(tokenizer), **sizes, **special)
    check_supported(made)
    return made, tokenizer


PROBE = "A sentence, to see whether a tokenizer still reads it as it did (in 2 ways)."
