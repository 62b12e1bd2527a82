"""The files of a pretrained encoder: which are taken along, copied and checked; never a pickle."""

import hashlib
import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

from slim.utils.io import is_lfs_pointer

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
WRAPPERS = ("_orig_mod", "module", "_fsdp_wrapped_module", "_checkpoint_wrapped_module")
"""Parts of a tensor's name that come from what wrapped the saved model: torch.compile or parallel training."""


def copy(origin: Path, folder: Path, sha256: str | None, name: str, remedy: str) -> None:
    """Copy an encoder and its processor, the weights in one file.

    Raises ValueError, beginning with `name` and ending with `remedy`, when something is missing, and when the weights
    have another hash.
    """
    if not (origin / "config.json").is_file() or not any((origin / file).is_file() for file in (WEIGHTS, INDEX)):
        if (origin / "adapter_config.json").is_file():
            raise ValueError(f"{name} holds an adapter alone: save it merged into its model (`merge_and_unload`)")
        raise ValueError(f"{name} has no {WEIGHTS} with a config.json (pickles are never loaded): {remedy}")
    if not any((origin / file).is_file() for file in PROCESSORS):
        raise ValueError(f"{name} has nothing that prepares inputs (any of {', '.join(PROCESSORS)}): {remedy}")
    for path in [*(origin / file for file in (*FILES, INDEX)), *origin.glob(SHARDS)]:
        if path.is_file() and _is_pointer(path):
            raise ValueError(f"{name}: {path.name} is a Git LFS pointer, not the file: fetch it with `git lfs pull`")
    for file in FILES:
        if (origin / file).is_file():
            shutil.copyfile(origin / file, folder / file)
    if not (origin / WEIGHTS).is_file():
        _join(origin, folder / WEIGHTS)
    if sha256 and (digest := weights_sha256(folder)) != sha256:
        raise ValueError(f"{origin / WEIGHTS} hashes to {digest}, not to model.sha256 {sha256}: correct one of them")
    _unwrap(folder / WEIGHTS, name)


def _is_pointer(path: Path) -> bool:
    with path.open("rb") as file:
        return is_lfs_pointer(file.read(100))


def _join(origin: Path, target: Path) -> None:
    """Write the weights that come in several files as one."""
    from safetensors.torch import save_file

    from slim.modeling.weights import read_tensors

    try:
        shards = sorted({Path(name).name for name in json.loads((origin / INDEX).read_text())["weight_map"].values()})
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"{origin / INDEX} is damaged, since it names no shards: download it again") from error
    tensors: dict[str, Any] = {}
    for shard in shards:
        if not (origin / shard).is_file():
            raise ValueError(f"{origin} lacks {shard}, which {INDEX} names: download it again")
        tensors |= read_tensors(origin / shard)
    save_file(tensors, target, metadata={"format": "pt"})


def _unwrap(weights: Path, name: str) -> None:
    """Take the parts that are WRAPPERS out of the names of tensors, and say so."""
    from safetensors.torch import save_file

    from slim.modeling.weights import number_formats, read_tensors

    parts = {tensor: tensor.split(".") for tensor in number_formats(weights)}
    names = {tensor: ".".join(part for part in of if part not in WRAPPERS) for tensor, of in parts.items()}
    wrapped = [wrapper for wrapper in WRAPPERS if any(wrapper in of for of in parts.values())]
    if not wrapped:
        return
    plain, count = Counter(names.values()).most_common(1)[0]
    if count > 1:
        raise ValueError(f"{name}: {WEIGHTS} holds {plain} and the same in {wrapped[0]}: save the model again")
    tensors = {names[tensor]: values for tensor, values in read_tensors(weights).items()}
    save_file(tensors, weights, metadata={"format": "pt"})
    print(f"{name}: tensors lose the {' and '.join(wrapped)} in their names", flush=True)


def weights_sha256(folder: Path) -> str:
    with (folder / WEIGHTS).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
