"""How many parameters a model has, in all and in its transformer blocks, by the names of its tensors."""

import re
from collections.abc import Iterable

BLOCK = re.compile(r"(?:^|\.)(?:layer|layers|h)\.(\d+)\.")
"""What the name of a transformer block's tensor holds."""

COUNTS = ("parameters", "encoder_parameters", "encoder_bytes", "layers")
"""What `count` gives."""


def count(tensors: Iterable[tuple[str, int, int]]) -> dict[str, int]:
    """parameters, encoder_parameters and encoder_bytes (those of the blocks) and the number of blocks, `layers`.

    `tensors`: (name, elements, bits of an element).
    """
    parameters = encoder_parameters = encoder_bits = 0
    blocks = set()
    for name, elements, bits in tensors:
        parameters += elements
        if block := BLOCK.search(name):
            blocks.add(block[1])
            encoder_parameters += elements
            encoder_bits += elements * bits
    counted = (parameters, encoder_parameters, encoder_bits // 8, len(blocks))
    return dict(zip(COUNTS, counted, strict=True))
