"""How large a saved model is, in bytes and parameters, and what its accuracy is worth per size."""

from math import prod
from pathlib import Path
from typing import Any

from safetensors import safe_open

from slim.modeling.counts import COUNTS, count
from slim.modeling.manifest import ABOUT, read_manifest
from slim.utils.io import read_json

WEIGHTS = "model.safetensors"
BITS = {"F64": 64, "I64": 64, "U64": 64, "F32": 32, "I32": 32, "U32": 32, "F16": 16, "BF16": 16, "I16": 16, "U16": 16}
"""Bits an element takes on disk; every dtype not named here takes 8."""


def size(folder: str | Path) -> dict[str, int]:
    """bytes, parameters and encoder_parameters (those of the transformer blocks) of the model in a folder.

    `bytes`: of all files that the manifest lists as needed to run it, tokenizer and config included. Also the number
    of blocks (`layers`) and their `encoder_bytes`, for `ratios`. Of model.safetensors only the header is read; a
    model of another format says its own counts in classifier.json. Raises ValueError when a file that the manifest
    lists is missing.
    """
    manifest, folder = read_manifest(folder), Path(folder)
    if ABOUT in manifest["files"]:
        about = read_json(folder / ABOUT)
        counts = {name: int(about[name]) for name in COUNTS}
    else:
        counts = _of_safetensors(folder / WEIGHTS)
    return {"bytes": int(manifest["bytes"])} | counts


def _of_safetensors(path: Path) -> dict[str, int]:
    with safe_open(path, framework="numpy") as file:
        slices = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118 -- not a dict
        return count((name, prod(one.get_shape()), BITS.get(one.get_dtype(), 8)) for name, one in slices.items())


def ratios(student: dict[str, Any], teacher: dict[str, Any]) -> dict[str, float]:
    """Accuracy-to-size ratios, (accuracy/size of the student) / (accuracy/size of the teacher).

    Both are what `size` gives plus `accuracy`. `ratio_parameters`, `ratio_encoder` and `ratio` (bytes) stand beside
    `ratio_ceiling`. A ratio is absent where the student has nothing of its kind, as a baseline has no block; without
    a right answer of the teacher, as on very few test items, all three are.
    """
    if not teacher["accuracy"]:
        return {"ratio_ceiling": ratio_ceiling(teacher)}
    sizes = {"ratio_parameters": "parameters", "ratio_encoder": "encoder_parameters", "ratio": "bytes"}
    gain = student["accuracy"] / teacher["accuracy"]
    result = {ratio: gain * teacher[key] / student[key] for ratio, key in sizes.items() if student.get(key)}
    return result | {"ratio_ceiling": ratio_ceiling(teacher)}


def ratio_ceiling(teacher: dict[str, Any]) -> float:
    """The ratio in bytes, at equal accuracy, if all blocks of the teacher but one were removed: what layers allow."""
    layers = max(teacher["layers"], 1)
    removable = teacher["encoder_bytes"] * (layers - 1) / layers
    return float(teacher["bytes"] / (teacher["bytes"] - removable))
