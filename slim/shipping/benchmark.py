"""How fast the models of a run answer on this machine, how fast a process with one starts, and the page about it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
from tqdm import tqdm

from slim.compression.onnx.export import export
from slim.modeling.classifier import Classifier
from slim.modeling.formats import load_model
from slim.modeling.manifest import read_manifest
from slim.modeling.splits import Input
from slim.report.numbers import megabytes
from slim.shipping.latency import answering, interleaved, short_and_long, starts, summary

TEACHER, REFERENCE = "teacher", "teacher_onnx"
"""The teacher in PyTorch, and in ONNX Runtime with the same float32 weights: what a user has without compression."""
CASES = ("short", "long", "batch")


def measure(
    folders: Mapping[str, Path], inputs: Sequence[Input], runtime: Mapping[str, Any], *, rounds: int, batch: int
) -> pd.DataFrame:
    """A row a recipe, the teacher among them, in bytes and seconds; REFERENCE is exported and measured beside them.

    short, long (one text, the 10th and 90th percentile of length) and batch, tokenizing included, all models in turn:
    p50, p90, min, and whether it is `noisy`; load, answer and peak_bytes of a process of its own. Raises ValueError
    for pairs of texts and images.
    """
    texts = [text for text in inputs if isinstance(text, str)]
    if len(texts) < len(inputs):
        raise ValueError("models of single texts are timed, and this dataset holds pairs or images: choose another")
    cases = {case: [text] for case, text in short_and_long(texts).items()} | {"batch": texts[:batch]}
    with _with_reference(folders, texts, runtime) as every:
        models = {name: load_model(folder, runtime) for name, folder in every.items()}
        rows = {name: _known(name, folder) for name, folder in every.items()}
        for case, some in tqdm(cases.items(), desc="answering"):
            calls = {name: answering(model, some) for name, model in models.items()}
            times = interleaved(calls, max(1, rounds // 10) if case == "batch" else rounds)
            for name, seconds in times.items():
                rows[name] |= {f"{case}_{key}": value for key, value in summary(seconds).items()}
        for row in tqdm(starts(every, texts[0], runtime["threads"]), total=len(every), desc="starting"):
            rows[row["recipe"]] |= row
    return pd.DataFrame(rows.values())


@contextmanager
def _with_reference(
    folders: Mapping[str, Path], texts: list[str], runtime: Mapping[str, Any]
) -> Iterator[dict[str, Path]]:
    with TemporaryDirectory() as temporary:
        exported = Path(temporary, REFERENCE)
        export(Classifier.load(folders[TEACHER], **runtime), texts).save(exported, texts)
        yield {**folders, REFERENCE: exported}


def _known(name: str, folder: Path) -> dict[str, Any]:
    manifest = read_manifest(folder)
    return {"recipe": name, "format": manifest["format"], "bytes": manifest["bytes"]}


def page(table: pd.DataFrame, about: Mapping[str, Any]) -> str:
    """Markdown: milliseconds of one text and how many times faster that is, texts a second, seconds to an answer.

    `about`: what `machine` says, with `run` and `batch`.
    """
    p50 = table.set_index("recipe")["short_p50"]
    head = ["recipe", "format", "MB", "short p50, ms", "p90", "long p50, ms", "p90", "times the teacher in PyTorch",
            "in ONNX Runtime", "texts/s", "first answer, s", "peak MB", "noisy"]  # fmt: skip
    lines = [head, [":--", ":--", *["--:"] * (len(head) - 2)]]
    for row in table.sort_values("short_p50").to_dict("records"):
        times = [f"{1e3 * row[key]:.2f}" for key in ("short_p50", "short_p90", "long_p50", "long_p90")]
        faster = [f"{p50[other] / row['short_p50']:.1f}" for other in (TEACHER, REFERENCE)]
        start = [f"{about['batch'] / row['batch_p50']:.0f}", f"{row['answer']:.2f}", megabytes(row["peak_bytes"])]
        noisy = ", ".join(case for case in CASES if row[f"{case}_noisy"])
        lines.append([row["recipe"], row["format"], megabytes(row["bytes"]), *times, *faster, *start, noisy])
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    return "\n".join([
        "# How fast models answer",
        "",
        f"{about['run']}; {about['processor']} ({', '.join(about['instructions'])}), {about['threads']} thread(s) of "
        f"{about['cores']} cores, load {about['load']:.1f}; {versions}.",
        "",
        "One short or long text (10th and 90th percentile of length) at a time, tokenizing included, all models in "
        f"turn; texts/s: in batches of {about['batch']}, of int8 one by one. First answer: a new process that "
        "imports, loads and answers. Noisy: a p90 far above its p50.",
        "",
        *(f"| {' | '.join(cells)} |" for cells in lines),
        "",
    ])  # fmt: skip
