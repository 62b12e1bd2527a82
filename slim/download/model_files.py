"""The files of a pretrained encoder: which are taken along, copied and checked; never a pickle."""

import hashlib
import shutil
from pathlib import Path
from typing import Any

from slim.utils.io import read_json

FILES = (
    "config.json",
    "model.safetensors",
    "preprocessor_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "spm.model",
    "spiece.model",
    "tokenizer.model",
    "sentencepiece.bpe.model",
)
"""What is taken along, where it exists."""
WEIGHTS = "model.safetensors"
PROCESSORS = ("tokenizer.json", "vocab.txt", "vocab.json", "preprocessor_config.json")
"""Any of these is enough (the last where images are read); sentencepiece alone would need another library."""
INDEX = "model.safetensors.index.json"
"""The file that names the shard of each tensor, where weights come in several."""
SHARDS = "model-*-of-*.safetensors"


def copy(origin: Path, folder: Path, sha256: str | None, name: str, remedy: str) -> None:
    """Copy an encoder and its processor, the weights in one file.

    Raises ValueError, beginning with `name` and ending with `remedy`, when something is missing, and when the weights
    have another hash.
    """
    if not (origin / "config.json").is_file() or not any((origin / file).is_file() for file in (WEIGHTS, INDEX)):
        raise ValueError(f"{name} has no {WEIGHTS} with a config.json (pickles are never loaded): {remedy}")
    if not any((origin / file).is_file() for file in PROCESSORS):
        raise ValueError(f"{name} has nothing that prepares inputs (any of {', '.join(PROCESSORS)}): {remedy}")
    for file in FILES:
        if (origin / file).is_file():
            shutil.copyfile(origin / file, folder / file)
    if not (origin / WEIGHTS).is_file():
        _join(origin, folder / WEIGHTS)
    if sha256 and (digest := weights_sha256(folder)) != sha256:
        raise ValueError(f"{origin / WEIGHTS} hashes to {digest}, not to model.sha256 {sha256}: correct one of them")


def _join(origin: Path, target: Path) -> None:
    """Write the weights that come in several files as one."""
    from safetensors.torch import load_file, save_file

    tensors: dict[str, Any] = {}
    for shard in sorted({Path(name).name for name in read_json(origin / INDEX)["weight_map"].values()}):
        if not (origin / shard).is_file():
            raise ValueError(f"{origin} lacks {shard}, which {INDEX} names: download it again")
        tensors |= load_file(origin / shard)
    save_file(tensors, target, metadata={"format": "pt"})


def weights_sha256(folder: Path) -> str:
    with (folder / WEIGHTS).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
