"""What the lattice of a random BERT costs on a dataset's texts, against whole last layers and against its products.

    python -m benchmarks.all_subsets                           12 layers as wide as BERT-mini, 1,000 texts
    python -m benchmarks.all_subsets --batches 1               one batch, scaled: time goes with padded tokens

Needs a dataset and its teacher's tokenizer (`dvc repro finetune`). `cpu` is processor seconds, of all threads: what
other programs disturb least. `products` is a forecast: the floating-point operations of the matrix products of the
whole layers, at the speed of these shapes alone on this machine, measured beside it.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch.nn.functional import linear
from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer

from slim.config import load
from slim.modeling.architectures import ARCHITECTURES
from slim.modeling.classifier import Classifier
from slim.modeling.device import start
from slim.modeling.splits import Split, read_split
from slim.subsets.ablation import ablate


def drawn(wanted: argparse.Namespace) -> Classifier:
    """A BERT of random weights, whose speed is that of a trained one, with the teacher's tokenizer."""
    params = load().runtime
    runtime = start(params.threads, params.precision, 0)
    tokenizer = AutoTokenizer.from_pretrained(f"models/teacher/{wanted.dataset}/0", local_files_only=True)
    config = AutoConfig.for_model(
        "bert",
        vocab_size=len(tokenizer),
        num_hidden_layers=wanted.layers,
        hidden_size=wanted.hidden,
        intermediate_size=4 * wanted.hidden,
        num_attention_heads=wanted.hidden // 64,
        num_labels=10,
    )
    model = AutoModelForSequenceClassification.from_config(config).to(runtime.device).eval()
    return Classifier(model, tokenizer, params.max_tokens, params.batch_size, runtime)


def part(model: Classifier, split: Split, count: int) -> tuple[Split, float]:
    """The texts of `count` batches, evenly from the shortest to the longest, and their share of padded tokens."""
    members = model.batches(split.inputs).members
    if not 0 < count < len(members):
        return split, 1.0
    chosen = [members[int((i + 0.5) * len(members) / count)] for i in range(count)]
    some = Split([split.inputs[i] for i in np.concatenate(chosen)], split.labels[np.concatenate(chosen)])
    return some, padded(model, some) / padded(model, split)


def padded(model: Classifier, split: Split) -> int:
    """Tokens of all batches, padding included."""
    return sum(batch["input_ids"].numel() for _, batch in model.batches(split.inputs))


def lattice(model: Classifier, split: Split, first_only: Callable[..., Any] | None) -> tuple[float, float]:
    """(wall, CPU) seconds of all subsets, with a way to run last layers for the first token alone, or without."""
    ARCHITECTURES["bert"] = replace(ARCHITECTURES["bert"], first_only=first_only)
    batches, count = model.batches(split.inputs), model.model.config.num_hidden_layers
    began, cpu = time.perf_counter(), time.process_time()
    ablate(model.model, batches, split.labels, list(range(2**count)), model.runtime)
    return time.perf_counter() - began, time.process_time() - cpu


@torch.no_grad()
def products(model: Classifier, rows: int, repeats: int = 50) -> tuple[float, float]:
    """(wall, CPU) seconds for an operation in the six products of a layer, for batches of `rows` tokens."""
    width = model.model.config.hidden_size
    kind = torch.bfloat16 if model.runtime.bf16 else torch.float32
    shapes = [(width, width)] * 4 + [(width, 4 * width), (4 * width, width)]
    made = [(torch.randn(rows, a, dtype=kind), torch.randn(b, a, dtype=kind)) for a, b in shapes]
    began, cpu = time.perf_counter(), time.process_time()
    for _ in range(repeats):
        for left, right in made:
            linear(left, right)
    operations = repeats * 2 * rows * 12 * width**2
    return (time.perf_counter() - began) / operations, (time.process_time() - cpu) / operations


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", default="library")
    for name, value in {"layers": 12, "hidden": 256, "texts": 1000}.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--batches", type=int, default=0, help="measure this many and scale; 0: all")
    parser.add_argument("--repeats", type=int, default=1, help="interleaved; the least is told")
    wanted = parser.parse_args()
    model, split = drawn(wanted), read_split(f"data/datasets/{wanted.dataset}", "validation").head(wanted.texts)
    some, share = part(model, split, wanted.batches)
    ways = {"lattice": ARCHITECTURES["bert"].first_only, "whole last layers": None}
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in [*ways, "products"]}
    whole = 2 ** (wanted.layers - 1) - 1
    for _ in range(wanted.repeats):
        for name, way in ways.items():
            taken[name].append(lattice(model, some, way))
        operation = products(model, padded(model, some) // len(model.batches(some.inputs)))
        count = whole * padded(model, some) * 24 * wanted.hidden**2
        taken["products"].append((operation[0] * count, operation[1] * count))
    print(
        f"{wanted.layers} layers, {wanted.hidden} wide, {model.runtime.precision}, {torch.get_num_threads()} threads"
    )
    print(f"{len(split.inputs)} texts of {wanted.dataset}, {padded(model, split):,} tokens with padding")
    print(f"measured on {len(some.inputs)} texts and {share:.1%} of the tokens" + ("" if share == 1 else ", scaled"))
    for name, times in taken.items():
        wall, cpu = np.min(times, axis=0) / share
        print(
            f"{name:<20}wall {wall:8.1f} s   cpu {cpu:8.1f} s   cpu / threads {cpu / torch.get_num_threads():8.1f} s"
        )


if __name__ == "__main__":
    main()
