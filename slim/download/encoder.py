"""The pretrained encoder that teachers start from, whatever its source."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from slim.download.model_files import weights_sha256
from slim.utils.io import write_json, written_aside
from slim.utils.registry import find


def fetch(
    folder: str | Path,
    *,
    source: str,
    max_tokens: int | None = None,
    fine_tuned: bool = False,
    labels: Sequence[str] | None = None,
    **options: Any,
) -> None:
    """Write an encoder and its processor to `folder`, with a card that names its authors.

    With `fine_tuned` it is a classifier, which stays as it is: the card has its classes under `labels`, and where
    those are given the config too.

    `options` are those of `model` in params.yaml, each source (a file of slim/download/encoders/) takes its own.
    Raises ValueError, in one line, when a file is missing, its sha256 is not the given one, or no classifier can be
    made of the encoder (`check_pretrained`), such that it reads texts of `max_tokens`.
    """
    from slim.modeling.fine_tuned import named_classes
    from slim.modeling.model_io import check_pretrained

    named = f"model.path: {options['path']}" if source == "folder" else f"model.name: {options.get('name')}"
    with written_aside(folder) as aside:
        aside.mkdir()
        try:
            card = find("download/encoders", source)(aside, **options)
            check_pretrained(aside, max_tokens, fine_tuned=fine_tuned)
            if fine_tuned:
                card = {**card, "labels": named_classes(aside, labels)}
        except ValueError as error:  # what the user named, since only that can be mended
            raise ValueError(str(error).replace(str(aside), named)) from error
        write_json({"source": source, "sha256": weights_sha256(aside), **card}, aside / "card.json")
