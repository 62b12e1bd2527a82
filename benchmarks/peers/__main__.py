"""Peers beside this project's models: the same rows, the same start, as many steps, the same evaluation.

In an environment with what lock.txt names, after a run of the pipeline (`make peers` does both):
`python -m benchmarks.peers runs/benchmark movie_reviews [SEED ...]`. With seeds only those are measured; without, all
of the run, and results/peers/ is written. What was measured once is in RUN/peers/.
"""

import contextlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import matplotlib
import numpy as np
import pandas as pd

from benchmarks.fusion import markdown
from slim.compression.context import Context
from slim.config import load
from slim.evaluation.bootstrap import bootstrap_means, percentiles
from slim.modeling.classifier import Classifier
from slim.modeling.splits import read_split
from slim.modeling.transformer import layers
from slim.report.figures.size_accuracy import size_accuracy
from slim.report.figures.style import STYLE, write_png
from slim.report.numbers import interval, megabytes, percent, points
from slim.report.tables.comparisons import ALL, paired
from slim.training.trainer import Schedule
from slim.utils.io import read_arrays, read_json, write_arrays, write_json, write_text
from slim.utils.registry import find

START, STUDENT, OURS = "trimmed", "half", "half_distilled"
"""The model that peers make smaller; the one that TextBrewer trains; the one that all are compared with."""
TOOLS = ("mergekit", "textbrewer", "torch-pruning", "torchao")
Result = tuple[np.ndarray, dict[str, float]]
"""Predicted classes [n] of the test split; accuracies and bytes."""


@dataclass(frozen=True)
class Bench:
    """One dataset and seed of a run, which is the working directory."""

    dataset: str
    seed: int

    @property
    def run(self) -> str:
        return f"{self.dataset}/{self.seed}"

    @cached_property
    def runtime(self) -> dict[str, Any]:
        return load().runtime.model_dump() | {"seed": self.seed}

    @cached_property
    def options(self) -> dict[str, Any]:
        """Those of `distillation`, without rounding in training, which no peer offers."""
        return {name: value for name, value in load().distillation.items() if name not in ("bits", "block_size")}

    def model(self, recipe: str) -> Classifier:
        return Classifier.load(Path("models", recipe, self.run), **self.runtime)

    def context(self, work: Path) -> Context:
        teacher, logits = Path("models/teacher", self.run), Path("data/logits", f"{self.run}.npz")
        return Context(Path("data/datasets", self.dataset), teacher, logits, self.runtime, Path("models/base"), work)

    def healed(self, model: Classifier) -> Classifier:
        """A model after the steps of this project's control: fine-tuning without a teacher."""
        with TemporaryDirectory() as work:
            tuned = find("compression/compressors", "distill")(
                model, self.context(Path(work)), **self.options | {"alpha": 0.0}
            )
        assert isinstance(tuned, Classifier)
        return tuned


def depth(classifier: Classifier) -> int:
    return len(layers(classifier.model))


def mergekit_every_other(bench: Bench) -> Classifier:
    from benchmarks.peers.mergekit_layers import mergekit_layers

    start = bench.model(START)
    return bench.healed(mergekit_layers(Path("models", START, bench.run), range(0, depth(start), 2), start))


def mergekit_top_dropped(bench: Bench) -> Classifier:
    from benchmarks.peers.mergekit_layers import mergekit_layers

    start = bench.model(START)
    return bench.healed(mergekit_layers(Path("models", START, bench.run), range(depth(start) // 2), start))


def textbrewer_distilled(bench: Bench) -> Classifier:
    from benchmarks.peers.textbrewer_distillation import textbrewer_distillation

    options = dict(bench.options)
    temperature, alpha = options.pop("temperature"), options.pop("alpha")
    context = bench.context(Path())
    schedule, logits = Schedule(seed=bench.seed, **options), context.teacher_logits["train"]
    return textbrewer_distillation(bench.model(STUDENT), context.train, logits, schedule, temperature, alpha)


def torch_pruning_narrow(bench: Bench) -> Classifier:
    from benchmarks.peers.torch_pruning_width import torch_pruning_width

    parameters = bench.model(STUDENT).model.num_parameters()
    return bench.healed(torch_pruning_width(bench.model(START), parameters, bench.context(Path()).train))


def torchao_int8(bench: Bench) -> Classifier:
    from benchmarks.peers.torchao_int8 import torchao_int8 as quantized

    return quantized(bench.model("teacher"))


PEERS: dict[str, Callable[[Bench], Classifier]] = {
    each.__name__: each
    for each in (mergekit_every_other, mergekit_top_dropped, textbrewer_distilled, torch_pruning_narrow, torchao_int8)
}


def measured(name: str, bench: Bench) -> Result:
    """A peer on test and validation, from RUN/peers where it was measured before."""
    folder = Path("peers", bench.run)
    if not (folder / f"{name}.json").is_file():
        print(f"{name} {bench.run}", file=sys.stderr)
        model = PEERS[name](bench)
        test, validation = (
            read_split(Path("data/datasets", bench.dataset), split) for split in ("test", "validation")
        )
        predictions = model.logits(test.inputs).argmax(-1)
        right = model.logits(validation.inputs).argmax(-1) == validation.labels
        write_arrays({"predictions": predictions}, folder / f"{name}.npz")
        write_json({"validation_accuracy": float(right.mean()), "bytes": size(model)}, folder / f"{name}.json")
    return read_arrays(folder / f"{name}.npz")["predictions"], read_json(folder / f"{name}.json")


def size(model: Classifier) -> int:
    """Bytes of weights, config and tokenizer as safetensors and JSON, whatever the tool itself would write."""
    from safetensors.torch import save_file
    from torchao.prototype.safetensors.safetensors_support import flatten_tensor_state_dict

    tensors, about = flatten_tensor_state_dict(model.model.state_dict())
    with TemporaryDirectory() as folder:
        save_file({name: each.contiguous() for name, each in tensors.items()}, Path(folder, "weights"), about)
        model.model.config.save_pretrained(folder)
        model.processor.save_pretrained(folder)
        return sum(file.stat().st_size for file in Path(folder).iterdir())


def table(dataset: str, seeds: Sequence[int]) -> pd.DataFrame:
    """A row a model, ours and the peers': means over seeds, intervals over seeds and items, and against OURS."""
    params = load()
    labels = read_split(Path("data/datasets", dataset), "test").labels
    records = [read_json(f"data/metrics/{dataset}/{seed}.json") for seed in seeds]
    arrays = [read_arrays(f"data/predictions/{dataset}/{seed}.npz") for seed in seeds]
    known = {name: of["stage"] for name, of in records[0].items() if of["stage"] != "baseline"}
    correct = {name: np.array([of[name] == labels for of in arrays], float) for name in known}
    bytes_of = {name: float(np.mean([of[name]["bytes"] for of in records])) for name in known}
    for name in PEERS:
        results = [measured(name, Bench(dataset, seed)) for seed in seeds]
        correct[name] = np.array([predicted == labels for predicted, _ in results], float)
        bytes_of[name] = float(np.mean([of["bytes"] for _, of in results]))
    how = {"resamples": params.evaluate.resamples, "level": params.evaluate.level}
    gaps = {(name, OURS): of - correct[OURS] for name, of in correct.items() if name != OURS}
    against = paired({dataset: gaps}, ["recipe", "against"], **how)
    drawn = bootstrap_means(np.array(list(correct.values())), resamples=how["resamples"], rng=np.random.default_rng(0))
    rows = []
    for (name, of), replicates in zip(correct.items(), drawn, strict=True):
        low, high = percentiles(replicates, how["level"])
        rows.append({"dataset": dataset, "recipe": name, "stage": known.get(name, "peer"), "seeds": len(seeds),
                     "accuracy": of.mean(), "low": low, "high": high, "bytes": bytes_of[name]})  # fmt: skip
    own = against[against["dataset"] != ALL].drop(columns=["dataset", "against", "seeds", "n"])
    own = own.rename(columns={"low": "difference_low", "high": "difference_high"})
    return pd.DataFrame(rows).merge(own, on="recipe", how="left").sort_values("bytes").reset_index(drop=True)


def dominating(rows: pd.DataFrame) -> list[str]:
    """Peers that read higher than every model of ours that is no larger."""
    ours, peers = rows[rows["stage"] != "peer"], rows[rows["stage"] == "peer"]
    return [
        str(peer["recipe"])
        for _, peer in peers.iterrows()
        if peer["accuracy"] > ours.loc[ours["bytes"] <= peer["bytes"], "accuracy"].max()
    ]


def ahead(rows: pd.DataFrame) -> list[str]:
    """Peers that read higher than OURS and are no larger, but for one part in a hundred."""
    ours = rows[rows["recipe"] == OURS].iloc[0]
    near = rows[(rows["stage"] == "peer") & (rows["bytes"] <= 1.01 * ours["bytes"])]
    return sorted(near.loc[near["accuracy"] > ours["accuracy"], "recipe"])


def page(rows: pd.DataFrame, dataset: str) -> str:
    lines = [["model", "tool", "MB", "accuracy, %", f"minus {OURS}", "verdict"]]
    for row in rows.to_dict("records"):
        gap = "" if pd.isna(row["difference"]) else (
            f"{points(row['difference'])} {interval(row['difference_low'], row['difference_high'], points)}"
        )  # fmt: skip
        tool = next((tool for tool in TOOLS if row["recipe"].startswith(tool.replace("-", "_"))), "")
        verdict = "" if pd.isna(row["verdict"]) else row["verdict"]
        accuracy = f"{percent(row['accuracy'])} {interval(row['low'], row['high'])}"
        lines.append(
            [row["recipe"], tool and f"{tool} {version(tool)}", megabytes(row["bytes"]), accuracy, gap, verdict]
        )
    above, higher = dominating(rows), ahead(rows)
    rounded = "learn with weights rounded to 4 bits, and " if load().distillation.get("bits") else ""
    steps = Schedule(seed=0, **{k: v for k, v in load().distillation.items() if k in Schedule.__annotations__})
    train = len(read_split(Path("data/datasets", dataset), "train").inputs)
    return "\n".join([
        "# Peers on " + dataset,
        "",
        f"Written by `make peers`: {int(rows['seeds'].min())} seeds, {steps.length(train)} steps of training each. "
        f"All start from `{START}` but torchao, which starts from the teacher. mergekit and Torch-Pruning are then "
        f"fine-tuned as `{STUDENT}_finetuned` is; TextBrewer distils `{STUDENT}` from the teacher's logits; "
        f"Torch-Pruning's widths are the largest with no more parameters than `{STUDENT}`. Bytes of a peer: its "
        f"weights as safetensors, config and tokenizer. Our distilled models {rounded}are measured exact.",
        "",
        f"Above the front of our models: {', '.join(above) if above else 'none of the peers'}. Higher than `{OURS}` "
        f"and no larger: {', '.join(higher) if higher else 'none of the peers'}.",
        "",
        "![Accuracy against size](peers.png)",
        "",
        markdown(lines),
        "",
    ])  # fmt: skip


def main(folder: str, dataset: str, *only: str) -> None:
    here = Path.cwd()
    with contextlib.chdir(folder):
        seeds = [int(seed) for seed in only] or list(load().grid.seeds)
        for seed in seeds:
            for name in PEERS:
                measured(name, Bench(dataset, seed))
        if only:
            return
        rows = table(dataset, seeds)
        text = page(rows, dataset)
    write_text(text, here / "results/peers/peers.md")
    write_text(rows.to_csv(index=False, float_format="%.6g"), here / "results/peers/peers.csv")
    with matplotlib.rc_context(STYLE):
        write_png(size_accuracy(rows), here / "results/peers/peers.png")


if __name__ == "__main__":
    main(*sys.argv[1:])
