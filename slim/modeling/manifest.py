"""A model's folder, whatever its format: manifest.json says the format, the files and the steps that led to it.

No deep-learning library is needed.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from slim.utils.io import read_json, write_json, written_aside

MANIFEST = "manifest.json"

ABOUT = "classifier.json"
"""Where a model says its labels, precision and counts, unless its format is that of another library."""

REFERENCE_INPUTS = 16
"""How many inputs' logits are kept beside a saved model, to prove that a reload computes the same."""


@contextmanager
def model_folder(
    folder: str | Path,
    format: str,
    reference: np.ndarray,
    steps: Sequence[Mapping[str, Any]] = (),
    notes: Mapping[str, Any] | None = None,
) -> Iterator[Path]:
    """A folder to write a model's files to, which then gets what stands beside them in every format.

    manifest.json; `reference` [inputs, classes], the logits that a faithful reload must give, as
    reference_logits.npy; each of `notes` as <name>.json.
    """
    with written_aside(folder) as aside:
        aside.mkdir()
        yield aside
        write_manifest(aside, format, steps)
        np.save(aside / "reference_logits.npy", reference, allow_pickle=False)
        for name, note in (notes or {}).items():
            write_json(note, aside / f"{name}.json")


def write_manifest(folder: str | Path, format: str, steps: Sequence[Mapping[str, Any]] = ()) -> None:
    """Write manifest.json; all files that are in the folder by now are taken as needed to run the model.

    {"format", "files": {name: bytes}, "bytes": their total, "steps"}.
    """
    paths = sorted(path for path in Path(folder).rglob("*") if path.is_file())
    files = {path.relative_to(folder).as_posix(): path.stat().st_size for path in paths}
    content = {"format": format, "files": files, "bytes": sum(files.values()), "steps": list(steps)}
    write_json(content, Path(folder) / MANIFEST)


def read_manifest(folder: str | Path) -> dict[str, Any]:
    """What manifest.json says of a model's folder: format, files, bytes and steps.

    Raises ValueError when it is missing or damaged, or when a file that it lists is missing or of another size.
    """
    folder, remedy = Path(folder), "run `dvc checkout`, or save the model again"
    if not (folder / MANIFEST).is_file():
        raise ValueError(f"{folder} holds no {MANIFEST}: {remedy}")
    manifest: dict[str, Any] = read_json(folder / MANIFEST)
    if not isinstance(manifest, dict) or not {"format", "files", "bytes", "steps"} <= set(manifest):
        raise ValueError(f"{folder / MANIFEST} is damaged (format, files, bytes or steps are missing): {remedy}")
    for name, size in manifest["files"].items():
        if not (folder / name).is_file():
            raise ValueError(f"{folder} lacks {name}, which its {MANIFEST} lists: {remedy}")
        if (actual := (folder / name).stat().st_size) != size:
            raise ValueError(f"{folder / name} has {actual} bytes, not the {size} of {MANIFEST}: {remedy}")
    return manifest
