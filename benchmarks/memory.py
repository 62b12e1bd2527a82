"""How much memory and time `download` and reading take for a large CSV of one's own.

    python -m benchmarks.memory [ROWS] [FOLDER]

Writes ROWS rows of about 150 characters (1,000,000 by default) to FOLDER, makes the dataset of all of them in a fresh
process with one thread, and reads train back in another. Prints peaks of resident memory and seconds.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

DOWNLOAD = """
from slim.datasets._table import write
from slim.datasets.files import files
import sys
write(files(path=sys.argv[1], train="train.csv", test="test.csv"), sys.argv[1] + "/out")
"""
READ = """
from slim.texts import read_split
import sys
assert len(read_split(sys.argv[1] + "/out", "train").texts)
"""
IMPORTS = "import slim.datasets.files"
MEASURED = """
import json, resource
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
print(json.dumps({"peak_mb": peak, "seconds": time.time() - start}))
"""


def write_csv(path: Path, rows: int, seed: int) -> None:
    """Rows of 25 drawn words, each of its own number in five classes."""
    draw = np.random.default_rng(seed)
    words = np.array([f"w{i:04d}" for i in range(5000)])
    with path.open("w", encoding="utf-8") as file:
        file.write("text,label\n")
        for i in range(rows):
            file.write(f"{' '.join(words[draw.integers(0, 5000, 25)])},class {i % 5}\n")


def measured(code: str, arguments: Sequence[str] = ()) -> dict[str, float]:
    """peak_mb and seconds of a fresh process with one thread."""
    program = "import time; start = time.time()\n" + code + MEASURED
    alone = os.environ | {"OMP_NUM_THREADS": "1", "ARROW_NUM_THREADS": "1"}
    words = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(words, env=alone, capture_output=True, text=True, check=True)
    return {name: round(value, 1) for name, value in json.loads(done.stdout.splitlines()[-1]).items()}


def main(rows: str = "1000000", folder: str = "") -> None:
    with tempfile.TemporaryDirectory() as own:
        place = Path(folder or own)
        write_csv(place / "train.csv", int(rows), 0)
        write_csv(place / "test.csv", int(rows) // 20, 1)
        found = {
            "imports": measured(IMPORTS),
            "download": measured(DOWNLOAD, [str(place)]),
            "read": measured(READ, [str(place)]),
        }
        card = json.loads((place / "out" / "card.json").read_text())
    counts = {split: about["rows"] for split, about in card["splits"].items()}
    print(json.dumps({"rows": counts, **found}, indent=2))


if __name__ == "__main__":
    main(*sys.argv[1:])
