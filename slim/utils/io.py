"""Reading and writing files so that nothing is ever half-written and the same content is the same bytes."""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray


@contextmanager
def written_aside(path: str | Path) -> Iterator[Path]:
    """A path to write a file or folder to; it takes the place of `path` only if the block ends well."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}.partial")
    _remove(aside)
    try:
        yield aside
        _remove(path) if aside.is_dir() else None  # os.replace replaces files, not folders
        os.replace(aside, path)
    finally:
        _remove(aside)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def is_lfs_pointer(content: bytes) -> bool:
    """Whether a file of this beginning is what Git LFS leaves in place of one that was not fetched."""
    return content.startswith(b"version https://git-lfs.github.com/spec/")


def write_text(text: str, path: str | Path) -> None:
    with written_aside(path) as aside:
        aside.write_text(text, encoding="utf-8")


def write_json(content: Any, path: str | Path) -> None:
    """JSON with sorted keys and a final newline; NaN is refused, since anything unmeasured must be absent."""
    write_text(json.dumps(content, indent=2, sort_keys=True, allow_nan=False) + "\n", path)


def write_jsons(contents: Mapping[str, Any], folder: str | Path) -> None:
    """A folder that holds `<name>.json` for each entry and nothing else, so that what left the grid leaves it too."""
    with written_aside(folder) as aside:
        aside.mkdir()
        for name, content in contents.items():
            write_json(content, aside / f"{name}.json")


def read_json(path: str | Path) -> Any:
    """The content of a JSON file. Raises ValueError, naming the file, when it is damaged."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} is damaged ({error}): remove it and run `dvc repro` again") from error


def read_yaml(path: str | Path, *, comments: bool = False) -> Any:
    """The content of a YAML file as DVC reads it, by YAML 1.2: `2e-5` and `1e-05` are numbers, `no` is a word.

    With `comments`, mappings and numbers remember how they were written, for writing them again. Raises ValueError,
    in one line that names the file, when it is no YAML.
    """
    from ruamel.yaml import YAML  # only here, since who only loads a model needs no YAML
    from ruamel.yaml.error import YAMLError

    try:
        return YAML(typ="rt" if comments else "safe").load(Path(path))
    except (YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is not YAML: {' '.join(str(error).split())}") from error


def write_arrays(arrays: dict[str, NDArray[Any]], path: str | Path, *, compressed: bool = False) -> None:
    """Named arrays as one .npz, byte for byte the same for the same arrays."""
    write = np.savez_compressed if compressed else np.savez
    with written_aside(path) as aside, aside.open("wb") as file:
        write(file, allow_pickle=False, **{name: arrays[name] for name in sorted(arrays)})


def read_arrays(path: str | Path) -> dict[str, NDArray[Any]]:
    """The arrays of an .npz. Raises ValueError, naming the file, when it is damaged. Never unpickles."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (ValueError, OSError, EOFError, KeyError, BadZipFile) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise ValueError(f"{path} is damaged ({error}): remove it and run `dvc repro` again") from error
