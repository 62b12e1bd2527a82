"""The pretrained encoder that teachers start from, whatever its source."""

from pathlib import Path
from typing import Any

from slim.download.model_files import weights_sha256
from slim.utils.io import write_json, written_aside
from slim.utils.registry import find


def fetch(folder: str | Path, *, source: str, **options: Any) -> None:
    """Write an encoder and its processor to `folder`, with a card that names its authors.

    `options` are those of `model` in params.yaml, each source (a file of slim/download/encoders/) takes its own.
    Raises ValueError, naming the file, when it is missing or its sha256 is not the given one.
    """
    with written_aside(folder) as aside:
        aside.mkdir()
        card = find("download/encoders", source)(aside, **options)
        write_json({"source": source, "sha256": weights_sha256(aside), **card}, aside / "card.json")
