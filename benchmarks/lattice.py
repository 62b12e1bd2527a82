"""What the lattice and the instrumented pass cost, against the plain passes they replace.

    python -m benchmarks.lattice [DATASET] [SEED] [TEXTS]

Needs a teacher (`dvc repro finetune`). Interleaved repeats, median and 90th percentile; close other programs first.
"""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from slim.config import load
from slim.modeling.classifier import Classifier
from slim.modeling.device import Runtime
from slim.modeling.splits import Split, read_split
from slim.modeling.transformer import embed, layers
from slim.ranking.collect import collect
from slim.subsets.ablation import ablate

REPEATS = 5


def seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


@torch.no_grad()
def block_forwards(teacher: Classifier, split: Split) -> None:
    """As many single-layer forwards as there are subsets, 2^L, on the same batches: nothing but layers."""
    stack = layers(teacher.model)
    with teacher.runtime.autocast():
        for _, batch in teacher.batches(split.inputs):
            stream = embed(teacher.model, batch)
            for subset in range(2 ** len(stack)):
                stream.through(stack[subset % len(stack)])


def forward_backward(teacher: Classifier, split: Split, size: int) -> None:
    """A plain forward and backward pass over the same batches, for the layers' gradients."""
    teacher.model.requires_grad_(False)
    layers(teacher.model).requires_grad_(True)
    for members, batch in teacher.batches(split.inputs, batch_size=size, by_length=False):
        teacher.model.zero_grad(set_to_none=True)
        cross_entropy(teacher.model(**batch).logits, torch.as_tensor(split.labels[members])).backward()


def main(dataset: str = "library", seed: str = "0", texts: str = "256") -> None:
    params = load()
    teacher = Classifier.load(f"models/teacher/{dataset}/{seed}", seed=int(seed), **params.runtime.model_dump())
    exact = replace(teacher, runtime=Runtime(teacher.runtime.device, bf16=False))
    split = read_split(f"data/datasets/{dataset}", "test").head(int(texts))
    count, size = len(layers(teacher.model)), params.extract_signals.batch_size
    masks = list(range(2**count))
    calls: dict[str, Callable[[], object]] = {
        "block_forwards": lambda: block_forwards(teacher, split),
        "lattice": lambda: ablate(teacher.model, teacher.batches(split.inputs), split.labels, masks, teacher.runtime),
        "forward_backward": lambda: forward_backward(exact, split, size),
        "instrumented": lambda: collect(
            exact.model, exact.batches(split.inputs, batch_size=size, by_length=False), split.labels, exact.runtime
        ),
    }
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(REPEATS):
        for name, call in calls.items():
            times[name].append(seconds(call))
    found = {
        name: {"p50": float(np.median(taken)), "p90": float(np.quantile(taken, 0.9)), "min": min(taken)}
        for name, taken in times.items()
    }
    ratio = {
        "lattice / block forwards (at most 1.3)": found["lattice"]["p50"] / found["block_forwards"]["p50"],
        "instrumented / forward + backward (at most 2)": found["instrumented"]["p50"]
        / found["forward_backward"]["p50"],
    }
    machine = {"threads": torch.get_num_threads(), "precision": teacher.runtime.precision, "layers": count}
    print(json.dumps({"seconds": found, "ratios": ratio, "texts": len(split.inputs), **machine}, indent=2))


if __name__ == "__main__":
    main(*sys.argv[1:])
