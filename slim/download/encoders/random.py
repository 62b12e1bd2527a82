"""An encoder of random weights, so that any architecture and depth can be studied where nothing can be downloaded."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from transformers import CONFIG_MAPPING, AutoConfig, AutoModel, AutoTokenizer, set_seed
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil
from transformers.utils import logging

from slim.download.encoders.packaged import model_folder
from slim.modeling.model_io import reconcile
from slim.modeling.transformer import architecture, check_supported, reads_images

PROBE = "A sentence, to see whether a tokenizer still reads it as it did (in 2 ways)."


def random(target: Path, *, config: Mapping[str, Any], name: str = "", seed: int = 0, **_: Any) -> dict[str, Any]:
    """Write an encoder of random weights to a folder; its card.

    `config`: see `configuration`; `name`: the package whose tokenizer is used, where texts are read. Raises ValueError
    as `configuration` does, and where the two do not go together.
    """
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    full, processor = configuration(name, config)
    reconcile(full, processor)
    set_seed(seed)
    AutoModel.from_config(full).save_pretrained(target)
    processor.save_pretrained(target)
    if not reads_images(processor):
        _check_tokenizer(target, processor, full.model_type, name)
    card = {"name": config["model_type"], "weights": "random", "config": dict(config), "seed": seed}
    return card | ({"tokenizer": name} if name else {})


def _check_tokenizer(folder: Path, tokenizer: Any, model_type: str, name: str) -> None:
    if AutoTokenizer.from_pretrained(folder, local_files_only=True)(PROBE) != tokenizer(PROBE):
        raise ValueError(
            f"model.config.model_type: transformers reads a tokenizer beside a '{model_type}' as {model_type}'s own, "
            f"so not that of {name}: choose another architecture"
        )


def configuration(name: str, config: Mapping[str, Any]) -> tuple[Any, Any]:
    """(the configuration of an encoder that goes with the tokenizer of a package, that tokenizer).

    `config`: model_type and sizes; vocabulary and special tokens are the tokenizer's. Without a package, that of an
    encoder of images, with a processor for images of its size. Raises ValueError for an unsupported architecture, or
    a size that it does not have.
    """
    sizes = {size: value for size, value in config.items() if value is not None}
    model_type = sizes.pop("model_type")
    known, defaults = architecture(model_type), CONFIG_MAPPING[model_type]()
    sizes[known.inner] = sizes.pop("intermediate_size")
    if known.images == bool(name):
        needed = "image_size and patch_size" if known.images else "`name`, the package whose tokenizer is used"
        raise ValueError(f"model: architecture '{model_type}' needs {needed}: give that, or another model_type")
    if not known.images:
        sizes.setdefault("max_position_embeddings", 512)
    for size in sizes:
        if not hasattr(defaults, size):
            raise ValueError(f"model.config.{size}: architecture '{model_type}' has none: leave it out")
    if known.images:
        side = {"height": sizes["image_size"], "width": sizes["image_size"]}
        return AutoConfig.for_model(model_type, **sizes), ViTImageProcessorPil(size=side)
    tokenizer = AutoTokenizer.from_pretrained(model_folder(name), local_files_only=True)
    tokens = {
        f"{kind}_token_id": getattr(tokenizer, f"{kind}_token_id") for kind in ("pad", "bos", "eos", "cls", "sep")
    }
    special = {token: number for token, number in tokens.items() if hasattr(defaults, token)}
    full = AutoConfig.for_model(model_type, vocab_size=len(tokenizer), **sizes, **special)
    check_supported(full)
    return full, tokenizer
