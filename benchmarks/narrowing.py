"""What finding narrower models costs: the path search, a step of a supernet, a search of 200 of its models.

`python -m benchmarks.narrowing`: the shape of MiniLM-L6 with random weights, in a process with two threads.
"""

import argparse
import time
from collections.abc import Callable
from math import ceil
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import numpy as np
import torch

from benchmarks.accelerator import classifier, texts
from slim.compression.compressors.rank_units import rank_units
from slim.compression.compressors.solution_path import solution_path
from slim.compression.compressors.subnet import subnet
from slim.compression.widths.elastic import Space, extracted
from slim.compression.widths.sandwich import Sandwich
from slim.modeling.architecture import Batch, Model
from slim.modeling.classifier import Classifier
from slim.modeling.splits import Split
from slim.training.trainer import Schedule, cross_entropy_objective, train_classifier
from slim.utils.timing import interleaved

WANTED = argparse.Namespace(layers=6, hidden=384, heads=12, threads=2, precision="fp32", tokens=28, batch=64)
TEXTS, BATCH, STEPS, TRIALS, ROUNDS = 1000, 32, 30, 200, 10
SHARES, REMOVABLE = (0.25, 0.5, 0.75), (3, 4, 5)


def seconds(work: Callable[[], object]) -> float:
    """How long a call takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def searches(model: Classifier, split: Split) -> dict[str, float]:
    """Seconds of fine-tuning and of the path search, the same steps each; of ranking; of the search of a supernet."""
    with TemporaryDirectory() as work:
        context = SimpleNamespace(train=split, validation=split, seed=0, work=work)
        schedule = Schedule(1, BATCH, 1e-5, 0.1, 0.01, 0, steps=STEPS)
        elastic = model.with_model(extracted(model.model, Space.of(model.model, [], []).largest))
        elastic.model.config.elastic = {"shares": SHARES, "removable": REMOVABLE}
        return {
            f"fine-tuning, {STEPS} steps": seconds(lambda: train_classifier(model, split, None, schedule, work)),
            f"path search, {STEPS} steps": seconds(
                lambda: solution_path(model, context, epochs=STEPS / ceil(TEXTS / BATCH), batch_size=BATCH)
            ),
            "ranking by Fisher": seconds(lambda: rank_units(model, context, criterion="fisher")),
            f"search of {TRIALS} models": seconds(lambda: subnet(elastic, context, keep=0.5, trials=TRIALS)),
        }


def steps(model: Classifier, split: Split) -> dict[str, float]:
    """Median seconds of one step: all three models of a sandwich at once, and each of them by itself."""
    space = Space.of(model.model, SHARES, REMOVABLE)
    torch.manual_seed(0)
    drawn = space.random()
    _, batch = next(iter(model.batches(split.inputs[:BATCH])))
    batch["labels"] = torch.from_numpy(split.labels[:BATCH])
    parts = {name: extracted(model.model, each) for name, each in (("smallest", space.smallest), ("random", drawn))}

    def sandwich() -> None:
        torch.manual_seed(0)  # so that it draws the same smaller model
        _step(model.model, batch, Sandwich(space, in_place=True))

    calls: dict[str, Callable[[], object]] = {"supernet step": sandwich}
    for name, part in {"whole": model.model, **parts}.items():
        calls[name] = lambda part=part: _step(part, batch, cross_entropy_objective)
    return {name: float(np.median(times)) for name, times in interleaved(calls, ROUNDS).items()}


def _step(model: Model, batch: Batch, objective: Callable[[Model, Batch], tuple[torch.Tensor, torch.Tensor]]) -> None:
    model.zero_grad()
    objective(model.eval(), dict(batch))[0].backward()  # dropout would draw numbers before the sandwich does


def main() -> None:
    """Print both tables as Markdown."""
    model, split = classifier(WANTED), texts(TEXTS, WANTED.tokens)
    print(f"MiniLM-L6's shape, {WANTED.threads} threads, {TEXTS:,} texts of {WANTED.tokens} tokens.\n")
    for of in (searches, steps):
        found = of(model, split)  # what training prints comes before the table
        print("| | seconds |\n| :-- | --: |")
        for name, value in found.items():
            print(f"| {name} | {value:.3g} |", flush=True)
        print()


if __name__ == "__main__":
    main()
