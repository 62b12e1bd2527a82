"""How fast the models of a run answer on this machine, and how fast a process with one starts.

On a quiet machine, from the root: `python -m benchmarks.latency [RUN [THREADS]] > results/latency.md`. Models are
those of the first dataset and seed, and the teacher in ONNX Runtime. They answer in turn, at batch 1 and 32; a start
is a process of its own. Beside the page that is printed, reports/latency.csv (a row a recipe, in seconds and bytes)
and latency.json (the machine) are written to the folder of the run, for `python -m slim pick`.
"""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
from tqdm import tqdm

from slim.compression.onnx.export import export
from slim.config import load
from slim.config.recipes import STAGES, TEACHER
from slim.evaluation.latency import answering, interleaved, machine, short_and_long, starts, summary
from slim.evaluation.pick import TIMES
from slim.modeling.classifier import Classifier
from slim.modeling.formats import load_model
from slim.modeling.manifest import read_manifest
from slim.modeling.splits import read_split
from slim.utils.grid import runs
from slim.utils.io import write_json, write_text

ROUNDS, BATCH = {"short": 200, "long": 200, "batch": 20}, 32
REFERENCE = "teacher_onnx"
"""The teacher in ONNX Runtime, float32: what a user has without compressing anything."""


def measured(threads: int) -> tuple[pd.DataFrame, dict[str, Any]]:
    """A row a recipe, the teacher first; and what the machine is."""
    params = load()
    first, runtime = runs(**params.grid.model_dump())[0], params.runtime.model_dump() | {"seed": 0, "threads": threads}
    texts = list(read_split(Path("data/datasets", first.split("/")[0]), "test").inputs)
    cases = {case: [text] for case, text in short_and_long(texts).items()} | {"batch": texts[:BATCH]}
    names = [TEACHER, *(name for stage in STAGES for name in getattr(params, stage))]
    folders = {name: Path("models", name, first) for name in names}
    with _with_reference(folders, texts, runtime):
        models = {name: load_model(folder, runtime) for name, folder in folders.items()}
        manifests = {name: read_manifest(folder) for name, folder in folders.items()}
        rows: dict[str, dict[str, Any]] = {
            name: {"recipe": name, "format": manifest["format"], "bytes": manifest["bytes"]}
            for name, manifest in manifests.items()
        }
        for case, inputs in tqdm(cases.items(), desc="answering"):
            calls = {name: answering(model, inputs) for name, model in models.items()}
            for name, seconds in interleaved(calls, ROUNDS[case]).items():
                rows[name] |= {f"{case}_{key}": value for key, value in summary(seconds).items()}
        for row in tqdm(starts(folders, texts[0], threads), total=len(folders), desc="starting"):
            rows[row["recipe"]] |= row
    return pd.DataFrame(rows.values()), machine(threads) | {"run": first, "batch": BATCH}


@contextlib.contextmanager
def _with_reference(folders: dict[str, Path], texts: list[str], runtime: dict[str, Any]) -> Iterator[None]:
    """While this lasts, the teacher in ONNX stands among the folders."""
    with TemporaryDirectory() as temporary:
        folders[REFERENCE] = Path(temporary, REFERENCE)
        export(Classifier.load(folders[TEACHER], **runtime), texts).save(folders[REFERENCE], texts)
        yield


def page(table: pd.DataFrame, about: dict[str, Any]) -> str:
    """Markdown: milliseconds of one text and how many times faster that is, texts a second, seconds to an answer."""
    by_name = table.set_index("recipe")
    eager, onnx = by_name.loc[TEACHER, "short_p50"], by_name.loc[REFERENCE, "short_p50"]
    head = ["recipe", "format", "MB", "short p50, ms", "p90", "long p50, ms", "p90", "times the teacher in PyTorch",
            "in ONNX Runtime", "texts/s", "first answer, s", "peak MB", "noisy"]  # fmt: skip
    lines = [head, [":--", ":--", *["--:"] * (len(head) - 2)]]
    for row in table.sort_values("short_p50").to_dict("records"):
        times = [f"{1e3 * row[key]:.2f}" for key in ("short_p50", "short_p90", "long_p50", "long_p90")]
        faster = [f"{reference / row['short_p50']:.1f}" for reference in (eager, onnx)]
        noisy = ", ".join(case for case in ROUNDS if row[f"{case}_noisy"])
        cells = [row["recipe"], row["format"], f"{row['bytes'] / 1e6:.1f}", *times, *faster]
        cells += [f"{BATCH / row['batch_p50']:.0f}", f"{row['answer']:.2f}", f"{row['peak_bytes'] / 1e6:.0f}", noisy]
        lines.append(cells)
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    return "\n".join([
        "# How fast models answer",
        "",
        f"{about['run']}; {about['processor']} ({', '.join(about['instructions'])}), {about['threads']} thread(s) of "
        f"{about['cores']} cores, load {about['load']:.1f}; {versions}.",
        "",
        "One short or long text (10th and 90th percentile of length) at a time, tokenizing included, all models in "
        f"turn; texts/s: in batches of {BATCH}. First answer: a new process that imports, loads and answers.",
        "",
        *(f"| {' | '.join(cells)} |" for cells in lines),
    ])  # fmt: skip


def main(run: str = ".", threads: str = "1") -> None:
    """Measure, write and print."""
    with contextlib.chdir(run), contextlib.redirect_stdout(sys.stderr):
        table, about = measured(int(threads))
        write_text(table.to_csv(index=False, float_format="%.6g"), TIMES)
        write_json(about, TIMES.with_suffix(".json"))
    print(page(table, about))


if __name__ == "__main__":
    main(*sys.argv[1:])
