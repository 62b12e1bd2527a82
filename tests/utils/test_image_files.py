"""Images are read as viewers show them: upright, whatever their depth, on white where they are transparent."""

import struct
import zlib
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from slim.utils.image_files import decode_image, encode_png, is_transparent

CORNER = np.zeros((4, 6), np.uint8)
CORNER[0, :3] = [250, 120, 60]


def stored(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    file = BytesIO()
    image.save(file, format=kind, **options)
    return file.getvalue()


def png(depth: int, colour: int, row: list[int], **chunks: bytes) -> bytes:
    """A PNG file of one row, of depths that Pillow does not write."""

    def chunk(kind: str, content: bytes) -> bytes:
        whole = kind.encode() + content
        return struct.pack(">I", len(content)) + whole + struct.pack(">I", zlib.crc32(whole))

    samples = {0: 1, 4: 2, 6: 4}[colour]
    pixels = zlib.compress(b"\0" + np.array(row, f">u{depth // 8}").tobytes())
    parts = {"IHDR": struct.pack(">IIBBBBB", len(row) // samples, 1, depth, colour, 0, 0, 0)} | chunks
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in {**parts, "IDAT": pixels, "IEND": b""}.items())


TURNS = {1: (0, False), 2: (0, True), 3: (2, False), 4: (2, True), 5: (1, True), 6: (1, False), 7: (3, True),
         8: (3, False)}  # fmt: skip
"""Orientation -> (quarter turns to the left, whether mirrored before) of the stored picture against the true one."""


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize("orientation", TURNS)
def test_an_image_is_turned_upright_by_its_orientation(orientation, kind):
    exif, (turns, mirrored) = Image.Exif(), TURNS[orientation]
    exif[0x0112] = orientation
    camera = Image.fromarray(np.rot90(CORNER[:, ::-1] if mirrored else CORNER, turns).copy())
    file = stored(camera, kind, exif=exif, **({"quality": 100} if kind == "JPEG" else {}))
    np.testing.assert_allclose(np.asarray(decode_image(file))[..., 0], CORNER, atol=8)


def test_an_orientation_that_cannot_be_read_is_none():
    file = stored(Image.fromarray(CORNER), "JPEG", exif=b"Exif\0\0no such block")
    assert decode_image(file).size == (6, 4)


def test_sixteen_bits_are_scaled_not_clipped():
    assert list(np.asarray(decode_image(png(16, 0, [0, 257, 257 * 100, 65535])))[0, :, 0]) == [0, 1, 100, 255]


@pytest.mark.parametrize(
    ("file", "read"),
    [
        (png(8, 6, [10, 20, 30, 0, 10, 20, 30, 255]), [255, 10]),
        (png(8, 4, [0, 51]), [204]),
        (png(16, 4, [0, 0, 0, 65535]), [255, 0]),
        (png(16, 0, [0, 257], tRNS=b"\0\0"), [255, 1]),
        (stored(Image.new("P", (1, 1)), transparency=0), [255]),
    ],
    ids=["colour", "grey", "16 bits", "one grey", "palette"],
)
def test_what_is_transparent_is_shown_on_white(file, read):
    assert list(np.asarray(decode_image(file))[0, :, 0]) == read and is_transparent(file)


@pytest.mark.parametrize(
    "file", [encode_png(CORNER), stored(Image.new("RGBA", (2, 2), (1, 2, 3, 255)))], ids=["none", "opaque"]
)
def test_an_alpha_channel_that_hides_all_is_not_transparent(file):
    assert not is_transparent(file)


def test_a_pointer_of_git_lfs_is_called_one():
    with pytest.raises(ValueError, match="is a Git LFS pointer, not the image"):
        decode_image(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n")
