"""How far arithmetic moves a result: the same seed on one thread, and in bfloat16, beside the spread over seeds.

First `make repro`, the same with PROFILE=one_thread and PROFILE=bfloat16, and `make benchmark`; then
`python -m benchmarks.arithmetic > results/arithmetic.md`.
"""

from pathlib import Path

import pandas as pd

from slim.orchestration.profiles import DEFAULT, folder_of
from slim.utils.io import read_arrays

OTHERS = {"one_thread": "one thread", "bfloat16": "bfloat16"}
"""Profile -> what is other than in the default: float32 on two threads."""
KEYS = ["dataset", "recipe"]


def accuracies(folder: Path) -> pd.DataFrame:
    """[dataset, recipe; seed]: test accuracies in percent."""
    table = pd.read_csv(folder / "reports/results.csv")
    return 100 * table.pivot_table(index=KEYS, columns="seed", values="accuracy", sort=False)


def answers(folder: Path, dataset: str, recipe: str) -> pd.Series:
    """The class of each test item by the model of seed 0."""
    return pd.Series(read_arrays(folder / f"data/predictions/{dataset}/0.npz")[recipe])


def main() -> None:
    """Print the table as Markdown."""
    here = folder_of(DEFAULT)
    table = accuracies(here)[[0]].rename(columns={0: "float32, two threads"})
    for profile, name in OTHERS.items():
        there = folder_of(profile)
        table[name] = accuracies(there)[0]
        table[f"other answers, {name}"] = [
            100 * (answers(there, *key) != answers(here, *key)).mean() for key in table.index
        ]
    table["standard deviation over seeds"] = accuracies(Path("results/benchmark")).std(axis=1, ddof=1)
    cells = table.map("{:.1f}".format).reset_index()
    print("Test accuracy of seed 0, items answered otherwise than by the first, and the spread over seeds, in %:\n")
    for row in [list(cells), [":--", ":--", *["--:"] * (cells.shape[1] - 2)], *cells.to_numpy().tolist()]:
        print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()
