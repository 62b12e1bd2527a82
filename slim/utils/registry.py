"""Finding methods (signals, fusions, compressors, ...): the name is the file is the function."""

import importlib
import pkgutil
from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

SLIM = Path(__file__).parents[1]


def names(folder: str) -> list[str]:
    """The methods in a folder of `slim/`, sorted: every public module of, for example, `ranking/signals`."""
    # The folder is listed, not imported, which may take seconds.
    return sorted(m.name for m in pkgutil.iter_modules([str(SLIM / folder)]) if not m.name.startswith("_"))


def check(folder: str, name: str) -> str:
    """The name. Raises ValueError, with the nearest match, when the folder has no such method; imports nothing."""
    known = names(folder)
    if name not in known:
        near = get_close_matches(name, known, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"choose from {', '.join(known)}"
        raise ValueError(f"slim/{folder}/ has no '{name}': {hint}")
    return name


def find(folder: str, name: str) -> Callable[..., Any]:
    """The function `name` of `slim/<folder>/<name>.py`; imports that one module and no other.

    Raises ValueError as `check` does, and when the file has no such function.
    """
    module = importlib.import_module(f"slim.{folder.replace('/', '.')}.{check(folder, name)}")
    function: Callable[..., Any] | None = getattr(module, name, None)
    if not callable(function):
        raise ValueError(f"slim/{folder}/{name}.py has no function '{name}': name the function like its file")
    return function
