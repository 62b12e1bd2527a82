"""Where unfinished and finished work of a stage is kept: a folder named by everything that dvc.yaml declares of it.

A stage that was killed finds its own checkpoints again, and one that loops over datasets and seeds computes only what
is new; changed code, parameters or data never meet old work. The folders lie under `.ckpt` and may be removed while
nothing runs.
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from slim.utils.io import read_yaml, written_aside

CHECKPOINTS = Path(".ckpt")
CODE = ("slim/", "stages/")
REPEATED = "grid"
"""The parameter that says what a stage is repeated over; a folder belongs to one repetition."""


def work_folder(
    stage: str, item: Mapping[str, Any], reads: Iterable[str | Path], *, apart_from: Iterable[str] = ()
) -> Path:
    """The folder for one repetition of a stage, named by a hash of its code, its parameters and what it reads.

    `item`: the values that `${item...}` and `${key}` of dvc.yaml stand for; `reads`: the data files and folders of
    this repetition; `apart_from`: parameters of the stage, or keys in them, that this
    repetition does not depend on. Raises ValueError
    when dvc.yaml does not declare something that is read.
    """
    deps, keys = _declared(stage, item)
    paths = sorted(map(Path, reads))
    for path in paths:
        if not any(path.is_relative_to(dep) for dep in deps if not dep.startswith(CODE)):
            raise ValueError(f"{path} is read by {stage}, which does not declare it in dvc.yaml: add it to its deps")
    params = read_yaml("params.yaml")
    settings = {key: _without(_at(params, key), key, apart_from) for key in keys if key not in (REPEATED, *apart_from)}
    digest = hashlib.sha256(json.dumps([stage, item, settings], sort_keys=True, default=str).encode())
    for path in [*paths, *(Path(dep) for dep in deps if dep.startswith(CODE))]:
        for file in _files(path):
            digest.update(f"{file}\0{_sha256(file.resolve(), file.stat().st_mtime_ns)}\n".encode())
    return CHECKPOINTS / stage / digest.hexdigest()[:20]


def once(work: Path, compute: Callable[[Path], None]) -> Path:
    """A file or folder computed once: `compute` writes it to the path it is given; later calls return it."""
    result = work / "result"
    if not result.exists():
        with written_aside(result) as aside:
            compute(aside)
    return result


def put(result: Path, place: str | Path) -> None:
    """Let a file or folder appear in a second place, by hard links where the file system has them."""
    with written_aside(place) as aside:
        shutil.copytree(result, aside, copy_function=_link) if result.is_dir() else _link(result, aside)


def _link(source: str | Path, target: str | Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _declared(stage: str, item: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """The dependencies and the keys of params.yaml that a stage declares, templates filled in."""
    declared = read_yaml("dvc.yaml")["stages"][stage]
    body = declared.get("do", declared)

    def filled(text: str) -> str:
        return re.sub(r"\$\{([^}]+)\}", lambda match: str(_value(match[1], item)), text)

    return [filled(dep) for dep in body["deps"]], [filled(key) for key in body.get("params", [])]


def _value(name: str, item: Mapping[str, Any]) -> Any:
    if name == "key":
        return item["key"]
    return _at(item, name.removeprefix("item.")) if name.startswith("item.") else _at(read_yaml("params.yaml"), name)


def _at(content: Any, key: str) -> Any:
    """The value at a dotted key; None where there is none, as for a section left to its defaults."""
    for part in key.split("."):
        content = content.get(part) if isinstance(content, Mapping) else None
    return content


def _without(content: Any, key: str, names: Iterable[str]) -> Any:
    """A section less the keys that dotted names name."""
    inside = {name.removeprefix(f"{key}.") for name in names if name.startswith(f"{key}.")}
    return {name: value for name, value in content.items() if name not in inside} if inside and content else content


def _files(path: Path) -> Iterator[Path]:
    """The files at or below a path, sorted; compiled code and files still being written are left out."""
    if path.is_file():
        yield path
    for file in sorted(path.rglob("*")):
        hidden = any(part.startswith(".") or part == "__pycache__" for part in file.relative_to(path).parts)
        if file.is_file() and not hidden:
            yield file


@cache
def _sha256(file: Path, _: int) -> str:
    """The hash of a file's content; its time of change, the second argument, tells a later content apart."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
