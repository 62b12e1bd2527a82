"""A file of weights: what it holds, and its tensors."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open


def number_formats(path: Path) -> dict[str, str]:
    """Tensor -> the format of its numbers, as F32; nothing but the header is read. Raises ValueError when damaged."""
    with _readable(path), safe_open(path, "np") as file:
        return {name: file.get_slice(name).get_dtype() for name in file.keys()}  # noqa: SIM118


def read_tensors(path: Path) -> dict[str, Any]:
    """Tensor -> its values, by torch. Raises ValueError when the file is damaged."""
    from safetensors.torch import load_file

    with _readable(path):
        return load_file(path)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except SafetensorError as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f"{path} is damaged ({reason}): save it again, or run `dvc checkout`") from error
