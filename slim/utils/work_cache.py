"""Where unfinished work waits to be resumed: a folder named by everything that the result depends on."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from slim.utils.code_hash import ROOT, closure

CHECKPOINTS = Path(".ckpt")


def checkpoint_folder(settings: Any, inputs: Iterable[str | Path], code: Iterable[str]) -> Path:
    """The folder for these settings, the content of these files and the code of these modules.

    `settings` is JSON, or holds things whose repr says all; a name in `code` stands for all of ours that the module
    imports, too. A run that was killed finds its own checkpoints again; a run with changed settings, data or code
    never finds somebody else's.
    """
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True, default=_said).encode())
    sources = {ROOT / file for module in code for file in closure(Path(*module.split(".")).with_suffix(".py"))}
    for path in [*sorted(map(Path, inputs)), *sorted(sources)]:
        digest.update(path.name.encode())
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return CHECKPOINTS / digest.hexdigest()[:16]


def _said(thing: Any) -> str:
    """A name that is the same in every process: no function's address."""
    return getattr(thing, "__qualname__", repr(thing))
