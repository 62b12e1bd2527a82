"""How fast the models of a run answer on this machine, how fast a process with one starts, and the page about it."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

import pandas as pd
import torch
from tqdm import tqdm

from slim.compression.onnx.export import export
from slim.modeling.classifier import Classifier
from slim.modeling.formats import load_model
from slim.modeling.manifest import read_manifest
from slim.modeling.splits import Input
from slim.report.numbers import megabytes, number
from slim.shipping.latency import answering, short_and_long, starts, summary
from slim.utils.timing import interleaved

TEACHER, REFERENCE, COMPILED = "teacher", "teacher_onnx", "teacher_compiled"
"""The teacher in PyTorch; in ONNX Runtime with the same float32 weights, what a user has without compression; and
after torch.compile."""
CASES = ("short", "long", "batch")


def measure(
    folders: Mapping[str, Path],
    inputs: Sequence[Input],
    runtime: Mapping[str, Any],
    *,
    rounds: int,
    batch: int,
    baselines: Mapping[str, Any] = MappingProxyType({}),
) -> pd.DataFrame:
    """A row a model, in bytes and seconds: recipes, the teacher among them and in two further forms, and baselines.

    short, long (one text, the 10th and 90th percentile of length) and batch, tokenizing included, all models in turn:
    p50, p90, min, and whether it is `noisy`; load, answer and peak_bytes of a process of its own, which baselines have
    not. COMPILED is left out where there is no C++ compiler. Raises ValueError for pairs of texts and images.
    """
    texts = [text for text in inputs if isinstance(text, str)]
    if len(texts) < len(inputs):
        raise ValueError("models of single texts are timed, and this dataset holds pairs or images: choose another")
    cases = {case: [text] for case, text in short_and_long(texts).items()} | {"batch": texts[:batch]}
    with _with_reference(folders, texts, runtime) as every, _saved(baselines) as others:
        models: dict[str, Any] = {name: load_model(folder, runtime) for name, folder in every.items()}
        models |= _compiled(models[TEACHER]) | {name: type(baselines[name]).load(others[name]) for name in others}
        rows = {name: _known(name, folder) for name, folder in {**every, **others}.items()}
        rows |= {name: rows[TEACHER] | {"recipe": name} for name in models if name not in rows}
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


@contextmanager
def _saved(baselines: Mapping[str, Any]) -> Iterator[dict[str, Path]]:
    with TemporaryDirectory() as temporary:
        folders = {name: Path(temporary, name) for name in baselines}
        for name, folder in folders.items():
            baselines[name].save(folder)
        yield folders


def _compiled(teacher: Classifier) -> dict[str, Classifier]:
    """The teacher after torch.compile, which compiles at the first calls; empty where there is no C++ compiler."""
    if not any(map(shutil.which, ("c++", "g++", "clang++"))):
        print("no C++ compiler: torch.compile is not timed", flush=True)
        return {}
    return {COMPILED: teacher.with_model(torch.compile(teacher.model, dynamic=True))}


def _known(name: str, folder: Path) -> dict[str, Any]:
    manifest = read_manifest(folder)
    return {"recipe": name, "format": manifest["format"], "bytes": manifest["bytes"]}


def with_times(recipes: pd.DataFrame, table: pd.DataFrame, dataset: str) -> pd.DataFrame:
    """The rows of a dataset in the report's table `recipes` with `short_p50`; the teacher in ONNX Runtime, too."""
    rows = recipes[recipes["dataset"] == dataset]
    same = rows[rows["recipe"] == TEACHER].assign(recipe=REFERENCE, stage="compress")
    return pd.concat([rows, same]).merge(table[["recipe", "short_p50"]], on="recipe")


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
        start = [
            f"{about['batch'] / row['batch_p50']:.0f}",
            number(row["answer"], ".2f"),
            megabytes(row["peak_bytes"]),
        ]
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
        "imports, loads and answers. teacher_compiled: after torch.compile. Noisy: a p90 far above its p50.",
        "",
        *(f"| {' | '.join(cells)} |" for cells in lines),
        "",
    ])  # fmt: skip
