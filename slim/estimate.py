"""A plan in words: stages, time, memory and disk of a run on one machine."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from slim.graph import verb
from slim.plan import Rows, Shape, Speed, Work, checkpoints, memory, planned, seconds, starting

UNKNOWN = Rows(train=12000, validation=1000, test=2000)
"""What is counted for a dataset whose size nobody knows before it is there."""

LIBRARIES = 0.8e9
"""Bytes of a process that has loaded PyTorch and transformers, and no model."""


@dataclass(frozen=True)
class Machine:
    """What a run may use."""

    speed: Speed
    memory: int
    """Bytes of the device that models are trained on."""
    disk: int
    """Bytes free."""


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
    shape: Shape
    machine: Machine
    tokens: int
    """What every text is counted with."""
    memory: float
    """Bytes at the peak."""
    disk: float
    """Bytes that the run adds, unfinished training with them."""
    guessed: list[str]
    """Datasets whose size is not known yet."""

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
        speed, deep = self.machine.speed, self.shape.layers
        train, read = (self.tokens / (a + b * deep) for a, b in _rates(speed))
        return "\n".join([
            *rows,
            f"{'all':18}{total:8}{due:8}{'':44}{duration(self.seconds):>10}",
            "",
            f"speed    {train:,.0f} tokens/s in training, {read:,.0f} in reading, measured just now; every text is "
            f"counted with {self.tokens} tokens",
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
                f"free some, put DVC's cache elsewhere (dvc cache dir --local), or lower grid.seeds or students"
            )


def estimate(
    params: Mapping[str, Any],
    rows: Mapping[str, Rows | None],
    shape: Shape,
    machine: Machine,
    stages: Sequence[str],
    pending: Sequence[str],
) -> Estimate:
    """The plan of some stages, of which those that are pending would run. `rows`: None where it is not known."""
    counts, due = Counter(map(verb, stages)), Counter(map(verb, pending))
    works = planned(params, {name: each or UNKNOWN for name, each in rows.items()}, shape)
    lines, disk = [], 0.0
    for name, count in counts.items():
        of_all, whole = works[name]
        work = whole * (due[name] / of_all)
        took = seconds(work, machine.speed) + starting(name, due[name], len(stages), machine.speed)
        lines.append(Line(name, count, due[name], work, took))
        disk += work.bytes
    training = sum(line.work.trained for line in lines) > 0
    return Estimate(
        lines=lines,
        shape=shape,
        machine=machine,
        tokens=params["runtime"]["max_tokens"],
        memory=memory(params, shape) + LIBRARIES,
        disk=disk + checkpoints(shape) * training,
        guessed=[name for name, each in rows.items() if each is None],
    )


def rows_of(name: str, entry: Mapping[str, Any]) -> Rows | None:
    """The texts of a dataset: those that are there, else what its entry promises; None where it promises nothing."""
    folder = Path("data/datasets", name)
    if (folder / "train.parquet").is_file():
        return Rows(**{split: pq.read_metadata(folder / f"{split}.parquet").num_rows for split in _SPLITS})
    asked = {split: entry.get(split) if "task" in entry else entry.get(f"{split}_rows") for split in _SPLITS}
    if not asked["train"] or not asked["test"]:
        return None
    share = round(asked["train"] * entry.get("validation_share", 0.1))
    return Rows(**{**asked, "validation": asked["validation"] or share, "unlabelled": asked["unlabelled"] or 0})


_SPLITS = ("train", "validation", "test", "unlabelled")


def _rates(speed: Speed) -> list[tuple[float, float]]:
    """(seconds of a text without its layers, of a layer), in training and in reading."""
    return [(speed.train_text, speed.train_layer), (speed.read_text, speed.read_layer)]


def duration(seconds: float) -> str:
    """4 s, 12 min, 3.5 h or 2.1 d."""
    for limit, size, unit, form in ((99, 1, "s", ".0f"), (5940, 60, "min", ".0f"), (172800, 3600, "h", ".1f")):
        if seconds < limit:
            return f"{seconds / size:{form}} {unit}"
    return f"{seconds / 86400:.1f} d"


def gigabytes(count: float) -> str:
    """1.5 GB"""
    return f"{count / 1e9:,.1f} GB"
