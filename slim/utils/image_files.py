"""Image files to pixels and back."""

from io import BytesIO

import numpy as np
from PIL import Image


def decode_image(file: bytes) -> Image.Image:
    """A PNG or JPEG file as a picture in red, green and blue. Raises ValueError when it is neither, or damaged."""
    try:
        return Image.open(BytesIO(file), formats=("PNG", "JPEG")).convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ValueError(f"is no PNG or JPEG, or damaged ({error})") from error


def encode_png(pixels: np.ndarray) -> bytes:
    """A PNG file of a grey picture [height, width], uint8."""
    file = BytesIO()
    Image.fromarray(pixels).save(file, format="PNG")
    return file.getvalue()
