"""Finding members of a family (signals, fusions, ...): the name is the file is the function."""

import importlib
import pkgutil
from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import Any


def names(family: str) -> list[str]:
    """The members of a family, sorted: every public module of `slim/<family>/`."""
    folder = Path(__file__).with_name(family)  # looked into, not imported, which may take seconds
    return sorted(m.name for m in pkgutil.iter_modules([str(folder)]) if not m.name.startswith("_"))


def find(family: str, name: str) -> Callable[..., Any]:
    """The function `name` of `slim/<family>/<name>.py`; imports that one module and no other.

    Raises ValueError, with the nearest match, when the family has no such member.
    """
    known = names(family)
    if name not in known:
        near = get_close_matches(name, known, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"choose from {', '.join(known)}"
        raise ValueError(f"slim/{family}/ has no '{name}': {hint}")
    function: Callable[..., Any] = getattr(importlib.import_module(f"slim.{family}.{name}"), name)
    return function
