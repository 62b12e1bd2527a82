"""How large a saved model is, in bytes and parameters, and what its accuracy is worth per size."""

import re
from math import prod
from pathlib import Path
from typing import Any

from safetensors import safe_open

LOADED = ("model.safetensors", "config.json")
"""The files a model is loaded from."""
TOKENIZER = (
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
    "vocab.txt", "vocab.json", "merges.txt", "spiece.model", "sentencepiece.bpe.model",
)  # fmt: skip
BITS = {"F64": 64, "I64": 64, "U64": 64, "F32": 32, "I32": 32, "U32": 32, "F16": 16, "BF16": 16, "I16": 16, "U16": 16}
"""Bits an element takes on disk; every dtype not named here takes 8."""
BLOCK = re.compile(r"(?:^|\.)(?:layer|layers|h)\.(\d+)\.")
"""What the name of a transformer block's tensor holds."""


def size(folder: str | Path) -> dict[str, int]:
    """bytes, parameters and encoder_parameters (those of the transformer blocks) of the model in a folder.

    Also `tokenizer_bytes` when a tokenizer lies beside it, and, for `ratios`, the number of blocks (`layers`) and
    their `encoder_bytes`. Only the header of model.safetensors is read. Raises FileNotFoundError when a file that
    loading needs is absent.
    """
    folder = Path(folder)
    sizes = {"bytes": sum((folder / name).stat().st_size for name in LOADED)} | _tensors(folder / LOADED[0])
    tokenizer = [(folder / name).stat().st_size for name in TOKENIZER if (folder / name).exists()]
    return sizes | ({"tokenizer_bytes": sum(tokenizer)} if tokenizer else {})


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
    `ratio_ceiling`. `ratio_encoder` is absent when the student keeps no block.
    """
    sizes = {"ratio_parameters": "parameters", "ratio_encoder": "encoder_parameters", "ratio": "bytes"}
    gain = student["accuracy"] / teacher["accuracy"]
    found = {ratio: gain * teacher[key] / student[key] for ratio, key in sizes.items() if student[key]}
    return found | {"ratio_ceiling": ratio_ceiling(teacher)}


def ratio_ceiling(teacher: dict[str, Any]) -> float:
    """The ratio in bytes, at equal accuracy, if all blocks of the teacher but one were removed: what layers allow."""
    layers = max(teacher["layers"], 1)
    removable = teacher["encoder_bytes"] * (layers - 1) / layers
    return float(teacher["bytes"] / (teacher["bytes"] - removable))
