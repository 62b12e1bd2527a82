"""How much memory and time `download` and reading take for a large CSV of one's own.

    python -m benchmarks.memory [ROWS] [FOLDER]

Writes ROWS rows of about 150 characters (1,000,000 by default) to FOLDER, makes the dataset of all of them in a fresh
process with one thread, and reads train back in another. Prints peaks of resident memory and seconds.
"""

import json
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.alone import alone, used


def write_csv(path: Path, rows: int, seed: int) -> None:
    """Rows of 25 drawn words, each of its own number in five classes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draw = np.random.default_rng(seed)
    words = np.array([f"w{i:04d}" for i in range(5000)])
    with path.open("w", encoding="utf-8") as file:
        file.write("text,label\n")
        for i in range(rows):
            file.write(f"{' '.join(words[draw.integers(0, 5000, 25)])},class {i % 5}\n")


def imports() -> dict[str, float]:
    """What the libraries alone take."""
    import slim.download.file_rows  # noqa: F401

    return used()


def download(folder: str) -> dict[str, float]:
    from slim.download.datasets.files import files
    from slim.download.tables import write

    write(files(path=folder, train="train.csv", test="test.csv"), f"{folder}/out")
    return used()


def read(folder: str) -> dict[str, float]:
    from slim.modeling.splits import read_split

    assert len(read_split(f"{folder}/out", "train").inputs)
    return used()


def main(rows: str = "1000000", folder: str = "") -> None:
    with tempfile.TemporaryDirectory() as own:
        place = Path(folder or own)
        write_csv(place / "train.csv", int(rows), 0)
        write_csv(place / "test.csv", int(rows) // 20, 1)
        found = {
            "imports": alone("benchmarks.memory", "imports"),
            "download": alone("benchmarks.memory", "download", place.resolve()),
            "read": alone("benchmarks.memory", "read", place.resolve()),
        }
        card = json.loads((place / "out" / "card.json").read_text())
    counts = {split: about["rows"] for split, about in card["splits"].items()}
    print(json.dumps({"rows": counts, **found}, indent=2))


if __name__ == "__main__":
    main(*sys.argv[1:])
