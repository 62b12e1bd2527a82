"""How teachers are best trained: learning rates, epochs and warm-ups by validation accuracy, over seeds.

In the folder of a run whose texts are there (`dvc repro download base`), from the root of the repository:
`python -m benchmarks.teacher runs/benchmark > results/teacher.md`. What was trained once is not trained again.
"""

import contextlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from slim.config import Params, load
from slim.modeling.classifier import Classifier
from slim.modeling.splits import class_names, read_split
from slim.training.trainer import Schedule, train_classifier
from slim.utils.work_cache import once, work_folder

SEEDS = (0, 1, 2)
TRIED: dict[str, list[dict[str, float]]] = {
    "movie_reviews": [{}, {"learning_rate": 5e-5}, {"learning_rate": 2e-4}, {"epochs": 2}, {"warmup": 0.3}],
    "amazon_reviews": [{}, {"learning_rate": 5e-5}, {"learning_rate": 2e-4}, {"epochs": 4}, {"warmup": 0.3}],
}
"""Dataset -> what is changed in how the run's parameters train its teachers."""


def trained(params: Params, dataset: str, seed: int, changes: Mapping[str, float]) -> list[dict[str, float]]:
    """The log of the epochs of one training."""
    options = params.finetune.of(params.datasets[dataset]).model_dump() | dict(changes)
    data, item = f"data/datasets/{dataset}", {"dataset": dataset, "seed": seed, "options": options}
    work = work_folder("finetune", item, [data, "models/base"])

    def compute(path: Path) -> None:
        how = params.runtime.model_dump() | {"max_tokens": options.pop("max_tokens"), "seed": seed}
        teacher = Classifier.load("models/base", labels=class_names(data), **how)
        schedule = Schedule(**options, seed=seed)
        splits = [read_split(data, name) for name in ("train", "validation")]
        path.write_text(json.dumps(train_classifier(teacher, *splits, schedule, work / "checkpoints")))

    return json.loads(once(work, compute).read_text())


def row(params: Params, dataset: str, changes: Mapping[str, float]) -> list[str]:
    """The cells of one way of training a dataset's teachers."""
    how = params.finetune.of(params.datasets[dataset]).model_copy(update=dict(changes))
    best = [100 * max(e["validation_accuracy"] for e in trained(params, dataset, s, changes)) for s in SEEDS]
    return [
        dataset, str(how.max_tokens), str(how.batch_size), f"{how.learning_rate:g}", f"{how.epochs:g}",
        f"{how.warmup:g}", *(f"{accuracy:.1f}" for accuracy in best), f"{np.mean(best):.1f}",
        f"{np.std(best, ddof=1):.1f}",
    ]  # fmt: skip


def main(folder: str) -> None:
    """Print the page."""
    with contextlib.chdir(folder):
        params = load()
        rows = [row(params, dataset, changes) for dataset, tried in TRIED.items() for changes in tried]
    print(
        "# How teachers are trained\n\nValidation accuracy in %. The first row of each dataset is the benchmark's.\n"
    )
    seeds = [f"seed {seed}" for seed in SEEDS]
    head = ["dataset", "tokens", "batch", "rate", "epochs", "warm-up", *seeds, "mean", "standard deviation"]
    for cells in [head, [":--", *["--:"] * (len(head) - 1)], *rows]:
        print(f"| {' | '.join(cells)} |")


if __name__ == "__main__":
    main(*sys.argv[1:])
