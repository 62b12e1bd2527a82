"""Which files of this repository a module imports, directly or through others: read from source, nothing runs."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
FACADE = Path("slim/__init__.py")
"""What users import: it offers what lies below, and no stage uses it."""


@cache
def imported(path: Path, at_once: bool = False) -> frozenset[Path]:
    """The files under slim/ and stages/ that a file imports itself, or `at_once`, when it is imported."""
    files: set[Path] = set()
    tree = ast.parse((ROOT / path).read_text())
    for node in tree.body if at_once else ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                files |= _files(alias.name)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            files |= _files(node.module)
            for alias in node.names:
                files |= _files(f"{node.module}.{alias.name}")
    return frozenset(files)


def _files(module: str) -> set[Path]:
    """A module's file and the __init__ files of the packages around it, if they are in this repository."""
    parts = module.split(".")
    if parts[0] not in ("slim", "stages"):
        return set()
    candidates = [Path(*parts[:i], "__init__.py") for i in range(1, len(parts) + 1)]
    candidates.append(Path(*parts).with_suffix(".py"))
    return {path for path in candidates if path != FACADE and (ROOT / path).is_file()}


def closure(path: Path, at_once: bool = False) -> set[Path]:
    """Every file of this repository that a file imports, itself included; empty __init__ files left out.

    `at_once`: without what a function imports when it is called.
    """
    reached: set[Path] = set()
    waiting = [path, *(_files(".".join(path.with_suffix("").parts)))]
    while waiting:
        current = waiting.pop()
        if current not in reached:
            reached.add(current)
            waiting.extend(imported(current, at_once))
    return {file for file in reached if file.name != "__init__.py" or _has_code(file)}


def _has_code(file: Path) -> bool:
    body = ast.parse((ROOT / file).read_text()).body
    return any(not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)) for node in body)
