"""How fast the models of a run answer on this machine, and how fast a process with one starts.

On a quiet machine, with the models of the first dataset and seed: `python -m benchmarks.latency [RUN]` writes
reports/latency.csv (a row a recipe, in seconds and bytes) and latency.json (the machine) to the folder of the run and
prints a table. Models answer in turn, at batch 1 and 32; a start is a process of its own.
"""

import contextlib
import sys
from functools import partial
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from slim.config import load
from slim.config.recipes import STAGES
from slim.evaluation.latency import interleaved, machine, short_and_long, starts, summary
from slim.evaluation.pick import TIMES
from slim.modeling.formats import load_model
from slim.modeling.manifest import read_manifest
from slim.modeling.splits import read_split
from slim.utils.grid import runs
from slim.utils.io import write_json, write_text

ROUNDS, BATCH = {"short": 200, "long": 200, "batch": 20}, 32


def measured() -> pd.DataFrame:
    """A row a recipe, the teacher first."""
    params = load()
    first, runtime = runs(**params.grid.model_dump())[0], params.runtime.model_dump() | {"seed": 0}
    names = ["teacher", *(name for stage in STAGES for name in getattr(params, stage))]
    folders = {name: Path("models", name, first) for name in names}
    models = {name: load_model(folder, runtime) for name, folder in folders.items()}
    texts = list(read_split(Path("data/datasets", first.split("/")[0]), "test").inputs)
    cases = {case: [text] for case, text in short_and_long(texts).items()} | {"batch": texts[:BATCH]}
    rows = {name: {"recipe": name, "format": read_manifest(folders[name])["format"]} for name in names}
    for case, inputs in cases.items():
        calls = {name: partial(model.logits, inputs) for name, model in models.items()}
        for name, seconds in interleaved(calls, ROUNDS[case]).items():
            rows[name] |= {f"{case}_{key}": value for key, value in summary(seconds).items()}
    for row in tqdm(starts(folders, texts[0], params.runtime.threads), total=len(names), desc="starting"):
        rows[row["recipe"]] |= row
    write_json(machine(params.runtime.threads) | {"run": first, "batch": BATCH}, TIMES.with_suffix(".json"))
    return pd.DataFrame(rows.values())


def printed(table: pd.DataFrame) -> None:
    """The table as Markdown: milliseconds of one text, texts a second in batches, seconds to a first answer."""
    print("| recipe | format | short p50 | p90 | long p50 | p90 | texts/s | first answer, s | peak MB | noisy |")
    print("| :-- | :-- |" + " --: |" * 8)
    for row in table.to_dict("records"):
        milliseconds = [f"{1e3 * row[key]:.2f}" for key in ("short_p50", "short_p90", "long_p50", "long_p90")]
        noisy = ", ".join(case for case in ROUNDS if row[f"{case}_noisy"])
        cells = [row["recipe"], row["format"], *milliseconds, f"{BATCH / row['batch_p50']:.0f}"]
        cells += [f"{row['answer']:.2f}", f"{row['peak_bytes'] / 1e6:.0f}", noisy]
        print(f"| {' | '.join(cells)} |")


def main(run: str = ".") -> None:
    """Measure, write and print."""
    with contextlib.chdir(run), contextlib.redirect_stdout(sys.stderr):
        table = measured()
        write_text(table.to_csv(index=False, float_format="%.6g"), TIMES)
    printed(table)


if __name__ == "__main__":
    main(*sys.argv[1:])
