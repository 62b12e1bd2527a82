"""Chains to a few megabytes: which layers stay, exact or rounded weights in training, steps, rates, other shapes.

In the folder of a run whose teachers are there, from the root of the repository, so many trainings at a time:
`python -m benchmarks.chains runs/distillation movie_reviews 2 > results/chains.md`. It is meant for a GPU, where a
training takes seconds. What was measured once is not measured again.
"""

import contextlib
import copy
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import starmap
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.fusion import markdown
from slim.compression.context import Context
from slim.config import load
from slim.evaluation.bootstrap import paired_difference
from slim.modeling.classifier import Classifier
from slim.modeling.splits import Split, read_split
from slim.modeling.transformer import keep_layers
from slim.report.numbers import interval, number, percent, points
from slim.training.rounding import rounded
from slim.utils.io import read_json, write_json
from slim.utils.registry import find
from slim.utils.work_cache import once, work_folder

BLOCK_SIZE = 128
TRAINING = {"temperature": 2.0, "alpha": 0.5, "epochs": 0.1, "min_steps": 952, "learning_rate": 3e-4}
"""Four passes over movie_reviews."""
ROUNDED = {"bits": 4, "block_size": BLOCK_SIZE}
Record = dict[str, Any]


@dataclass(frozen=True)
class Chain:
    """A teacher with a trimmed vocabulary, then fewer layers, then `shrink`, then training."""

    layers: tuple[int, ...] | None
    """The layers that stay; None: the three that greedy search on validation keeps."""
    training: Mapping[str, Any]
    """What differs from TRAINING."""
    shrink: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    """Compressors and their options."""

    @property
    def name(self) -> str:
        kept = "greedy's" if self.layers is None else " ".join(map(str, self.layers))
        changes = [f"{key}={value:g}" for key, value in self.training.items() if key not in ROUNDED]
        parts = [f"{method} {' '.join(f'{v}' for v in options.values())}" for method, options in self.shrink]
        return ", ".join([kept, *parts, *changes, *(["rounded in training"] if "bits" in self.training else [])])


ALL, FIRST, EVERY_OTHER = (0, 1, 2, 3, 4, 5), (0, 1, 2), (0, 2, 4)
NARROW = ("factorize_embeddings", {"rank": 128})
REFERENCE = Chain(EVERY_OTHER, {})
CHAINS = [
    *(Chain(layers, how)
      for layers in (EVERY_OTHER, FIRST, (0, 2, 5), (0, 3, 5), None) for how in ({}, ROUNDED)),
    *(Chain(layers, {}) for layers in ((0, 1, 3), (1, 3, 5))),
    *(Chain(EVERY_OTHER, how) for how in (
        {"alpha": 0.0}, {"alpha": 1.0}, {"learning_rate": 1e-4}, {"learning_rate": 6e-4},
        {"min_steps": 476}, {"min_steps": 238}, {"min_steps": 238} | ROUNDED,
    )),
    *(Chain((0, 1, 2, 3), how, (NARROW,)) for how in ({}, ROUNDED)),
    Chain((0, 1, 3, 5), ROUNDED, (NARROW,)),
    Chain(ALL, ROUNDED, (("merge_ffn", {"layers": 4}), NARROW)),
    Chain(ALL, ROUNDED, (("merge_ffn", {"layers": 6}),)),
]  # fmt: skip


def accuracy(model: Classifier, split: Split) -> float:
    return float((model.logits(split.inputs).argmax(-1) == split.labels).mean())


def greedy_layers(teacher: Classifier, validation: Split, size: int) -> list[int]:
    """The layers that are left when the one that costs least goes, again and again."""
    kept = list(range(teacher.model.config.num_hidden_layers))
    while len(kept) > size:
        fewer = [[each for each in kept if each != layer] for layer in kept]
        kept = max(fewer, key=lambda some: accuracy(teacher.with_model(keep_layers(teacher.model, some)), validation))
    return kept


def in_four_bits(model: Classifier) -> Classifier:
    """The model with its matrices and tables as `quantize` rounds them."""
    small = model.with_model(copy.deepcopy(model.model))
    parts = [part for part in small.model.modules() if isinstance(part, torch.nn.Linear | torch.nn.Embedding)]
    for weight in {id(part.weight): part.weight for part in parts}.values():
        weight.data.copy_(rounded(weight.detach(), BLOCK_SIZE))
    return small


def measure(dataset: str, chain: Chain, seed: int) -> Record:
    """What one chain and seed gives; its model is not kept."""
    data, runtime = Path("data/datasets", dataset), load().runtime.model_dump() | {"seed": seed}
    teacher, logits = Path("models/teacher", dataset, str(seed)), Path("data/logits", dataset, f"{seed}.npz")
    item = {"key": chain.name, "from": "teacher", "method": "distill", "options": TRAINING | dict(chain.training)}
    work = work_folder("distill", item, [data, teacher, logits])

    def compute(path: Path) -> None:
        model, test = Classifier.load(teacher, **runtime), read_split(data, "test")
        validation = read_split(data, "validation")
        kept = greedy_layers(model, validation, 3) if chain.layers is None else list(chain.layers)
        context = Context(data, teacher, logits, runtime, Path("models/base"), work / "unfinished", kept, kept)
        model = find("compression/compressors", "trim_vocabulary")(model, context, min_count=3)
        model = model.with_model(keep_layers(model.model, kept))
        for method, options in chain.shrink:
            model = find("compression/compressors", method)(model, context, **options)
        before = accuracy(model, validation)
        model = find("compression/compressors", "distill")(model, context, **TRAINING | dict(chain.training))
        small = in_four_bits(model)
        correct = small.logits(test.inputs).argmax(-1) == test.labels
        write_json({
            "parameters": sum(each.numel() for each in model.model.parameters()), "before": before,
            "validation": accuracy(model, validation), "test": accuracy(model, test),
            "small_validation": accuracy(small, validation), "correct": correct.tolist(),
        }, path)  # fmt: skip

    record: Record = read_json(once(work, compute))
    return record


def page(records: Mapping[str, Sequence[Record]], teachers: Sequence[float], about: str) -> str:
    """Rows of means over seeds, best four-bit validation accuracy first; `teachers`: their test accuracies."""
    head = ["layers that stay, and what else differs", "parameters", "before training", "exact: validation", "test"]
    rows = [[*head, "4 bits: validation", "test", "minus every other layer, exact in training"]]
    correct = {name: np.array([record["correct"] for record in of]) for name, of in records.items()}
    mean = {name: float(np.mean([record["small_validation"] for record in of])) for name, of in records.items()}
    for name in sorted(records, key=lambda name: -mean[name]):
        of = {
            key: np.mean([record[key] for record in records[name]], axis=0)
            for key in ("parameters", "before", "validation", "test")
        }
        gap = paired_difference(correct[name], correct[REFERENCE.name])
        ends = "" if name == REFERENCE.name else f"{points(gap.difference)} {interval(gap.low, gap.high, points)}"
        rows.append([
            name, f"{number(of['parameters'] / 1e6, '.2f')}M", percent(of["before"]), percent(of["validation"]),
            percent(of["test"]), percent(mean[name]), percent(correct[name].mean()), ends,
        ])  # fmt: skip
    return "\n".join([
        "# Chains to a few megabytes", "",
        f"`python -m benchmarks.chains`, {about}. Accuracies in %, means over {len(teachers)} seeds; differences of "
        f"the 4-bit models on test in points, intervals over seeds and items. The teachers' test accuracies: "
        f"{', '.join(map(percent, teachers))}. Unless a row says otherwise: {TRAINING['min_steps']} steps, half of "
        f"the loss from the teacher, temperature {TRAINING['temperature']:g}, rate {TRAINING['learning_rate']:g}, "
        "weights exact in training and rounded after it. Choose on validation; test is there to report.", "",
        markdown(rows),
    ])  # fmt: skip


def main(folder: str, dataset: str, workers: str = "1") -> None:
    """Measure what is not measured yet, so many trainings at a time, and print the page."""
    with contextlib.chdir(folder):
        params = load()
        seeds = params.grid.seeds
        todo = [(chain, seed) for chain in CHAINS for seed in seeds]
        if int(workers) > 1:
            with ProcessPoolExecutor(int(workers), mp_context=get_context("spawn")) as pool:
                list(pool.map(partial(measure, dataset), *zip(*todo, strict=True)))
        measured = list(starmap(partial(measure, dataset), todo))
        records = {chain.name: measured[i * len(seeds) : (i + 1) * len(seeds)] for i, chain in enumerate(CHAINS)}
        teachers = [read_json(f"data/metrics/{dataset}/{seed}.json")["teacher"]["accuracy"] for seed in seeds]
        device = torch.cuda.get_device_name() if torch.cuda.is_available() else "two cores"
    print(page(records, teachers, f"`{dataset}`, {device}, PyTorch {torch.__version__}"))


if __name__ == "__main__":
    main(*sys.argv[1:])
