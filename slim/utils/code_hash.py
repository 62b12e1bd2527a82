"""Which files of this repository a module imports, directly or through others: read from the source, nothing runs."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


@cache
def imported(path: Path) -> frozenset[Path]:
    """The files under slim/ and stages/ that a file imports itself."""
    found: set[Path] = set()
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.Import):
            for alias in node.names:
                found |= _files(alias.name)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found |= _files(node.module)
            for alias in node.names:
                found |= _files(f"{node.module}.{alias.name}")
    return frozenset(found)


def _files(module: str) -> set[Path]:
    """A module's file and the __init__ files of the packages around it, as far as they are ours."""
    parts = module.split(".")
    if parts[0] not in ("slim", "stages"):
        return set()
    candidates = [Path(*parts[:i], "__init__.py") for i in range(1, len(parts) + 1)]
    candidates.append(Path(*parts).with_suffix(".py"))
    return {path for path in candidates if (ROOT / path).is_file()}


def closure(path: Path) -> set[Path]:
    """Every file of ours that runs when this one does, itself included; empty __init__ files left out."""
    reached: set[Path] = set()
    waiting = [path, *(_files(".".join(path.with_suffix("").parts)))]
    while waiting:
        current = waiting.pop()
        if current not in reached:
            reached.add(current)
            waiting.extend(imported(current))
    return {file for file in reached if file.name != "__init__.py" or _has_code(file)}


def _has_code(file: Path) -> bool:
    body = ast.parse((ROOT / file).read_text()).body
    return any(not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)) for node in body)
