"""An encoder of the Hugging Face hub."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from slim.download.hub import snapshot
from slim.download.model_files import FILES, INDEX, SHARDS, copy


def hub(target: Path, *, name: str, revision: str, sha256: str | None = None, **_: Any) -> dict[str, Any]:
    """Write the encoder to a folder; its card. `name`: the repository, in one commit; `sha256`: of the weights."""
    copy(model_snapshot(name, revision), target, sha256, f"model.name: '{name}'", "choose one that has")
    return {"name": name, "weights": name, "revision": revision}


def model_snapshot(name: str, revision: str, files: Sequence[str] = (*FILES, INDEX, SHARDS)) -> Path:
    """The folder of one commit of a hub's model repository, or of some of its files; see `snapshot`."""
    return snapshot("model", name, revision, files, named_in="model", alternative="choose another model.source")
