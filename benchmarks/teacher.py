"""How teachers are best trained: learning rates, epochs and warm-ups by validation accuracy, over seeds.

In the folder of a run whose teachers are there, from the root of the repository:
`python -m benchmarks.teacher runs/benchmark > results/teacher.md`. What was trained once is not trained again.
"""

import contextlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from slim.config import Params, load
from slim.modeling.classifier import Classifier
from slim.modeling.splits import class_names, read_split
from slim.training.linear_probe import probe
from slim.training.trainer import Schedule, train_classifier
from slim.utils.io import read_json, write_json
from slim.utils.work_cache import once, work_folder

TRIED: dict[str, list[dict[str, Any]]] = {
    "movie_reviews": [{"learning_rate": 5e-5}, {"learning_rate": 2e-4}, {"epochs": 2}, {"warmup": 0.3}],
    "amazon_reviews": [{"learning_rate": 5e-5}, {"learning_rate": 2e-4}, {"epochs": 4}, {"warmup": 0.3}],
    "reuters_r52": [{"linear_probe": False}],
}
"""Dataset -> what is changed in how the run's parameters train its teachers."""


def trained(params: Params, dataset: str, seed: int, changes: Mapping[str, Any]) -> list[dict[str, float]]:
    """The log of the epochs of one training; without changes that of the run's own teacher."""
    if not changes:
        return list(read_json(f"models/teacher/{dataset}/{seed}/epochs.json"))
    options = params.finetune.of(params.datasets[dataset]).model_dump() | dict(changes)
    data, item = f"data/datasets/{dataset}", {"dataset": dataset, "seed": seed, "options": options}
    work = work_folder("finetune", item, [data, "models/base"])

    def compute(path: Path) -> None:
        how = params.runtime.model_dump() | {"max_tokens": options.pop("max_tokens"), "seed": seed}
        teacher = Classifier.load("models/base", labels=class_names(data), **how)
        train, validation = read_split(data, "train"), read_split(data, "validation")
        if options.pop("linear_probe"):
            probe(teacher, train)
        schedule = Schedule(**options, seed=seed)
        write_json(train_classifier(teacher, train, validation, schedule, work / "checkpoints"), path)

    return list(read_json(once(work, compute)))


def row(params: Params, dataset: str, changes: Mapping[str, Any]) -> list[str]:
    """The cells of one way of training a dataset's teachers."""
    how = params.finetune.of(params.datasets[dataset]).model_copy(update=dict(changes))
    logs = [trained(params, dataset, seed, changes) for seed in params.grid.seeds]
    best = [100 * max(epoch["eval_accuracy"] for epoch in log) for log in logs]
    return [
        dataset, str(how.max_tokens), str(how.batch_size), f"{how.learning_rate:g}", f"{how.epochs:g}",
        f"{how.warmup:g}", "yes" if how.linear_probe else "no", *(f"{accuracy:.1f}" for accuracy in best),
        f"{np.mean(best):.1f}", f"{np.std(best, ddof=1):.1f}",
    ]  # fmt: skip


def main(folder: str) -> None:
    """Print the page."""
    with contextlib.chdir(folder):
        params = load()
        rows = [row(params, name, changes) for name in params.grid.datasets for changes in [{}, *TRIED.get(name, [])]]
    print(
        "# How teachers are trained\n\nValidation accuracy in %. The first row of each dataset is the benchmark's.\n"
    )
    seeds = [f"seed {seed}" for seed in params.grid.seeds]
    head = ["dataset", "tokens", "batch", "rate", "epochs", "warm-up", "probe", *seeds, "mean", "standard deviation"]
    for cells in [head, [":--", *["--:"] * (len(head) - 1)], *rows]:
        print(f"| {' | '.join(cells)} |")


if __name__ == "__main__":
    main(*sys.argv[1:])
