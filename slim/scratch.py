"""Models of random weights, so that any architecture and depth can be studied where there is nothing to download."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from transformers import CONFIG_MAPPING, AutoConfig, AutoModel, AutoTokenizer, set_seed
from transformers.utils import logging

from slim.models import agree, architecture, supported


def draw(folder: Path, tokenizer_of: Path, config: Mapping[str, Any], seed: int) -> None:
    """Write an encoder of random weights, and the tokenizer of another folder, which it goes with.

    `config`: see `configuration`. Raises ValueError as that does, and where the two do not go together.
    """
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    made, tokenizer = configuration(tokenizer_of, config)
    agree(made, tokenizer)
    set_seed(seed)
    AutoModel.from_config(made).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    if AutoTokenizer.from_pretrained(folder, local_files_only=True)(PROBE) != tokenizer(PROBE):
        raise ValueError(
            f"model.config.model_type: transformers reads a tokenizer beside a '{made.model_type}' as "
            f"{made.model_type}'s own, so not that of {tokenizer_of}: choose another architecture"
        )


def configuration(tokenizer_of: Path, config: Mapping[str, Any]) -> tuple[Any, Any]:
    """(the configuration of an encoder that goes with the tokenizer of a folder, that tokenizer).

    `config`: model_type and sizes; vocabulary and special tokens are the tokenizer's. Raises ValueError for an
    unsupported architecture, or a size that it does not have.
    """
    sizes = {name: size for name, size in config.items() if size is not None}
    model_type = sizes.pop("model_type")
    sizes[architecture(model_type).inner] = sizes.pop("intermediate_size")
    plain = CONFIG_MAPPING[model_type]()
    for name in sizes:
        if not hasattr(plain, name):
            raise ValueError(f"model.config.{name}: architecture '{model_type}' has none: leave it out")
    tokenizer = AutoTokenizer.from_pretrained(tokenizer_of, local_files_only=True)
    tokens = {
        f"{name}_token_id": getattr(tokenizer, f"{name}_token_id") for name in ("pad", "bos", "eos", "cls", "sep")
    }
    known = {name: token for name, token in tokens.items() if hasattr(plain, name)}
    made = AutoConfig.for_model(model_type, vocab_size=len(tokenizer), **sizes, **known)
    supported(made)
    return made, tokenizer


PROBE = "A sentence, to see whether a tokenizer still reads it as it did (in 2 ways)."
