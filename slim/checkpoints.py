"""Where unfinished training waits to be resumed: a folder named by everything that the result depends on."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(".ckpt")


def checkpoint_folder(settings: Any, inputs: Iterable[str | Path]) -> Path:
    """The folder for these settings and the content of these files; other inputs, other folder.

    `settings` is JSON, or holds things whose repr says all. A run that was killed finds its own checkpoints again;
    a run with changed settings or data never finds somebody else's.
    """
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True, default=_said).encode())
    for path in sorted(map(Path, inputs)):
        digest.update(path.name.encode())
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return ROOT / digest.hexdigest()[:16]


def _said(thing: Any) -> str:
    """A name that is the same in every process: no function's address."""
    return getattr(thing, "__qualname__", repr(thing))
