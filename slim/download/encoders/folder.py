"""An encoder in a local folder."""

from pathlib import Path
from typing import Any

from slim.download.model_files import copy


def folder(target: Path, *, path: str, sha256: str | None = None, **_: Any) -> dict[str, Any]:
    """Write the encoder to a folder; its card. `path`: where `save_pretrained` wrote it; `sha256`: of the weights."""
    copy(Path(path), target, sha256, f"model.path: {path}", "name a folder that save_pretrained wrote")
    return {"name": Path(path).name}
