"""What a run will take on one machine: stages, time, memory and disk."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from transformers import AutoTokenizer

from slim.download.catalogue import read_packaged_entry
from slim.orchestration.dvc_graph import verb
from slim.orchestration.machine import Machine
from slim.orchestration.workload import (
    ModelSize,
    Params,
    Rows,
    Work,
    checkpoints,
    finetuning,
    memory,
    subsets_measured,
    work_by_stage,
)  # fmt: skip
from slim.utils.grid import source_options
from slim.utils.registry import find

UNKNOWN = Rows(train=12000, validation=1000, test=2000)
"""What is counted for a dataset whose size nobody knows before it is there."""

ON_THIS_MACHINE = ("files", "digits")
"""Sources that read what is here already, and so are read to be counted."""

BASE = Path("models/base")
"""The encoder, with its tokenizer, as `download_model` writes it."""

MEASURED = 1000
"""How many texts at most are tokenized to know the mean length of all."""

LIBRARIES = 0.8e9
"""Bytes of a process that has loaded PyTorch and transformers, and no model."""


@dataclass(frozen=True)
class Line:
    """One verb of the plan."""

    verb: str
    stages: int
    """How many there are of this verb."""
    pending: int
    """How many of them would run."""
    work: Work
    """Of those that would run."""
    seconds: float


@dataclass(frozen=True)
class Estimate:
    """What a run will take, verb by verb and as a whole."""

    lines: list[Line]
    size: ModelSize
    machine: Machine
    tokens: float
    """What every text is counted with."""
    most: int
    """The most that a text may have."""
    memory: float
    """Bytes at the peak."""
    disk: float
    """Bytes that the run adds, unfinished training with them."""
    guessed: list[str]
    """Datasets whose size is not known yet."""
    unmeasured: list[str]
    """Datasets the length of whose texts is not known yet."""
    subsets: str
    """Which subsets of the layers are measured, and why."""

    @property
    def seconds(self) -> float:
        """Of the whole."""
        return sum(line.seconds for line in self.lines)

    def text(self) -> str:
        """Tables and sentences for a terminal."""
        rows = [f"{'stage':18}{'stages':>8}{'to run':>8}{'texts trained':>15}{'texts read':>13}"
                f"{'layers passed':>16}{'time':>10}"]  # fmt: skip
        for line in sorted(self.lines, key=lambda line: -line.seconds):
            passed = line.work.trained_layers + line.work.read_layers
            rows.append(f"{line.verb:18}{line.stages:8}{line.pending:8}{line.work.trained:15,.0f}{line.work.read:13,.0f}"
                        f"{passed:16,.0f}{duration(line.seconds):>10}")  # fmt: skip
        total, due = sum(line.stages for line in self.lines), sum(line.pending for line in self.lines)
        speed, deep = self.machine.speed, self.size.layers
        train = self.tokens / (speed.train_text + speed.train_layer * deep)
        read = self.tokens / (speed.read_text + speed.read_layer * deep)
        return "\n".join([
            *rows,
            f"{'at most' if self.unmeasured else 'all':18}{total:8}{due:8}{'':44}{duration(self.seconds):>10}",
            "",
            f"speed    {train:,.0f} tokens/s in training, {read:,.0f} in reading, measured just now; a text is "
            f"counted with {self.tokens:.0f} tokens",
            *(f"at most  since texts of {name} are counted with {self.most} tokens, the most they may have; their "
              f"own are known once they are there: dvc repro download@{name} download_model"
              for name in self.unmeasured),
            f"subsets  {self.subsets}",
            f"memory   {gigabytes(self.memory)} at the peak, of {gigabytes(self.machine.memory)}",
            f"disk     {gigabytes(self.disk)} more at the most, of {gigabytes(self.machine.disk)} that are free",
            "not in   downloads, probes and forests, tables and figures; what DVC's cache restores is in, though it "
            "costs nothing",
            *(f"guessed  the texts of {name}, which are known once it is there: dvc repro download@{name}"
              for name in self.guessed),
            "",
        ])  # fmt: skip

    def refuse(self) -> None:
        """Raises ValueError when the disk is clearly too small."""
        if self.disk > self.machine.disk:
            raise ValueError(
                f"the run needs about {gigabytes(self.disk)} of disk and {gigabytes(self.machine.disk)} are free: "
                f"free some, put DVC's cache elsewhere (dvc cache dir --local), or lower grid.seeds, or drop recipes"
            )


def estimate(
    params: Params,
    rows: Mapping[str, Rows | None],
    size: ModelSize,
    machine: Machine,
    stages: Sequence[str],
    pending: Sequence[str],
) -> Estimate:
    """The estimate of some stages, of which those that are pending would run. `rows`: None where it is not known."""
    counted = {name: each or UNKNOWN for name, each in rows.items()}
    work, most = work_by_stage(params, counted, size), {name: finetuning(params, name)["max_tokens"] for name in rows}
    due, lines = Counter(map(verb, pending)), []
    for name, count in Counter(map(verb, stages)).items():
        total = sum((work[stage] for stage in pending if verb(stage) == name), Work())
        seconds = machine.speed.seconds(total) + machine.speed.starting(name, due[name], len(stages))
        lines.append(Line(name, count, due[name], total, seconds))
    training = any(line.work.trained for line in lines)
    return Estimate(
        lines=lines,
        size=size,
        machine=machine,
        tokens=mean_tokens(rows, most),
        most=max(most.values()),
        memory=memory(params, size) + LIBRARIES,
        disk=sum(line.work.bytes for line in lines) + checkpoints(size) * training,
        guessed=[name for name, each in rows.items() if each is None],
        unmeasured=[name for name, each in counted.items() if each.tokens is None],
        subsets=subsets_measured(params, size.layers),
    )


def rows_of(name: str, entry: Mapping[str, Any], max_tokens: int) -> Rows | None:
    """The texts of a dataset: those that are there, else what its entry promises; None where it promises nothing.

    Their length is known once they have been downloaded and the encoder is there, too, whose tokenizer cuts them.
    Raises ValueError for a user's files that cannot be used.
    """
    folder = Path("data/datasets", name)
    if (folder / "train.parquet").is_file():
        rows = {split: pq.read_metadata(folder / f"{split}.parquet").num_rows for split in _SPLITS}
        return Rows(**rows, tokens=_tokens(folder / "train.parquet", max_tokens))
    if entry.get("source") in ON_THIS_MACHINE and Path(entry["path"]).exists():
        tables = find("download/datasets", entry["source"])(**source_options(entry))
        return Rows(**{split: len(of) for split, of in tables.splits.items()}, unlabelled=len(tables.unlabelled))
    asked = {split: entry.get(f"{split}_rows") for split in _SPLITS}
    if entry.get("source") == "packaged":
        sizes = read_packaged_entry(entry["path"]).sizes(entry.get("validation_fraction", 0.1))
        asked |= {split: min(asked[split] or size, size) for split, size in sizes.items()}
    if not asked["train"] or not asked["test"]:
        return None
    cut = round(asked["train"] * entry.get("validation_fraction", 0.1))
    return Rows(**{**asked, "validation": asked["validation"] or cut, "unlabelled": asked["unlabelled"] or 0})


def _tokens(path: Path, max_tokens: int) -> float | None:
    """The mean length of texts of a table, taken from all over it."""
    columns = [name for name in ("text", "text_pair") if name in pq.read_schema(path).names]
    if not columns or not BASE.is_dir():
        return None
    table = pq.read_table(path, columns=columns)
    some = table.take(list(range(0, len(table), ceil(len(table) / MEASURED))))
    tokenizer = AutoTokenizer.from_pretrained(BASE, local_files_only=True)
    sides = [some[name].to_pylist() for name in columns]
    ids = tokenizer(*sides, truncation=True, max_length=max_tokens)["input_ids"]
    return sum(map(len, ids)) / len(ids)


_SPLITS = ("train", "validation", "test", "unlabelled")


def mean_tokens(rows: Mapping[str, Rows | None], most: Mapping[str, int]) -> float:
    """The mean length of a dataset's texts, over as many of each as train has; `most` where it is not known.

    Time is nearly linear in it, and batches hold texts of like length, so that hardly any is padded.
    """
    known = {name: each or UNKNOWN for name, each in rows.items()}
    counted = [(each.train, each.tokens or most[name]) for name, each in known.items()]
    return sum(texts * tokens for texts, tokens in counted) / sum(texts for texts, _ in counted)


def duration(seconds: float) -> str:
    """4 s, 12 min, 3.5 h or 2.1 d."""
    for limit, size, unit, form in ((99, 1, "s", ".0f"), (5940, 60, "min", ".0f"), (172800, 3600, "h", ".1f")):
        if seconds < limit:
            return f"{seconds / size:{form}} {unit}"
    return f"{seconds / 86400:.1f} d"


def gigabytes(count: float) -> str:
    """1.5 GB"""
    return f"{count / 1e9:,.1f} GB"
