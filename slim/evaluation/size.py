"""How large a saved model is, in bytes and parameters, and what its accuracy is worth per size."""

import re
from math import prod
from pathlib import Path
from typing import Any

from safetensors import safe_open

from slim.modeling.manifest import read_manifest

WEIGHTS = "model.safetensors"
BITS = {"F64": 64, "I64": 64, "U64": 64, "F32": 32, "I32": 32, "U32": 32, "F16": 16, "BF16": 16, "I16": 16, "U16": 16}
"""Bits an element takes on disk; every dtype not named here takes 8."""
BLOCK = re.compile(r"(?:^|\.)(?:layer|layers|h)\.(\d+)\.")
"""What the name of a transformer block's tensor holds."""


def size(folder: str | Path) -> dict[str, int]:
    """bytes, parameters and encoder_parameters (those of the transformer blocks) of the model in a folder.

    `bytes`: of all files that the manifest lists as needed to run it, tokenizer and config included. Also the number
    of blocks (`layers`) and their `encoder_bytes`, for `ratios`. Only the header of model.safetensors is read. Raises
    ValueError when a file that the manifest lists is missing.
    """
    return {"bytes": int(read_manifest(folder)["bytes"])} | _tensors(Path(folder) / WEIGHTS)


def _tensors(path: Path) -> dict[str, int]:
    parameters = encoder_parameters = encoder_bits = 0
    blocks = set()
    with safe_open(path, framework="numpy") as file:
        for name in file.keys():  # noqa: SIM118 -- not a dict
            tensor = file.get_slice(name)
            elements = prod(tensor.get_shape())
            parameters += elements
            if block := BLOCK.search(name):
                blocks.add(block[1])
                encoder_parameters += elements
                encoder_bits += elements * BITS.get(tensor.get_dtype(), 8)
    return {
        "parameters": parameters,
        "encoder_parameters": encoder_parameters,
        "encoder_bytes": encoder_bits // 8,
        "layers": len(blocks),
    }


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
