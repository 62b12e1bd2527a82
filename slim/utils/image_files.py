"""Image files to pixels and back."""

from contextlib import suppress
from io import BytesIO

import numpy as np
from PIL import Image, ImageOps

from slim.utils.io import is_lfs_pointer


def decode_image(file: bytes) -> Image.Image:
    """A PNG or JPEG file as viewers show it: upright, in red, green and blue of 8 bits, on white where transparent.

    Raises ValueError when it is neither, or damaged.
    """
    image = _opened(file)
    if image.mode == "RGBA":
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")


def is_transparent(file: bytes) -> bool:
    """Whether what is behind a picture shows anywhere. Raises ValueError as `decode_image` does."""
    image = _opened(file)
    return image.mode == "RGBA" and image.getchannel("A").getextrema()[0] != 255


def _opened(file: bytes) -> Image.Image:
    """A picture, upright, in RGB, or in RGBA where the file may be transparent."""
    if is_lfs_pointer(file):
        raise ValueError("is a Git LFS pointer, not the image (fetch it with `git lfs pull`)")
    try:
        image: Image.Image = Image.open(BytesIO(file), formats=("PNG", "JPEG"))
        image.load()
        with suppress(Exception):  # an orientation that cannot be read is none, as in a viewer
            ImageOps.exif_transpose(image, in_place=True)
        image = _of_8_bits(image) if image.mode.startswith("I") else image
        return image.convert("RGBA" if image.has_transparency_data else "RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ValueError(f"is no PNG or JPEG, or damaged ({error})") from error


def _of_8_bits(image: Image.Image) -> Image.Image:
    """A grey picture of 16 bits, scaled; Pillow's own conversion would make nearly all of it white."""
    deep = np.asarray(image)
    grey = Image.fromarray(np.rint(deep / 257).astype(np.uint8))
    if (clear := image.info.get("transparency")) is None:
        return grey
    return Image.merge("LA", (grey, Image.fromarray(np.where(deep == clear, 0, 255).astype(np.uint8))))


def encode_png(pixels: np.ndarray) -> bytes:
    """A PNG file of a grey picture [height, width], uint8."""
    file = BytesIO()
    Image.fromarray(pixels).save(file, format="PNG")
    return file.getvalue()
