"""How much work the stages of a run are, counted from parameters before anything runs.

The unit is a text, and a text's way through one layer: a model's time is nearly linear in both.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, comb, floor
from typing import Any

from slim.orchestration.dvc_graph import LOOPING, RECIPES
from slim.ranking.signals import BASELINES
from slim.subsets.ablation import masks_to_measure, prefixes
from slim.subsets.lattice import mask_of, random_orders, smaller
from slim.training.trainer import Schedule
from slim.utils.registry import find

Params = Mapping[str, Any]
"""params.yaml with its defaults filled in."""

KEPT_CHECKPOINTS = 3
"""Checkpoints that lie on disk at a time: two, and the one being written."""


@dataclass(frozen=True)
class Rows:
    """The texts of a dataset."""

    train: int
    validation: int
    test: int
    unlabelled: int = 0
    tokens: float | None = None
    """The mean length of a text, cut where texts are cut; None where it is not known."""


@dataclass(frozen=True)
class ModelSize:
    """What of a model decides its cost."""

    layers: int
    hidden: int
    heads: int
    parameters: int
    """All of them."""
    layer_parameters: int
    """Those of one layer."""

    def with_layers(self, layers: int) -> int:
        """Parameters with so many layers left."""
        return self.parameters - (self.layers - layers) * self.layer_parameters


@dataclass(frozen=True)
class Work:
    """What is asked of a model."""

    trained: float = 0
    """Texts forward and backward, with embeddings, head and optimizer."""
    trained_layers: float = 0
    """The layers that those texts pass, summed."""
    read: float = 0
    """Texts forward."""
    read_layers: float = 0
    """The layers that those texts pass, summed."""
    bytes: float = 0
    """What is left on disk."""

    def __add__(self, other: "Work") -> "Work":
        return Work(**{name: value + getattr(other, name) for name, value in vars(self).items()})

    def __mul__(self, times: float) -> "Work":
        return Work(**{name: value * times for name, value in vars(self).items()})


def finetuning(params: Params, dataset: str) -> dict[str, Any]:
    """How the teacher of a dataset is trained."""
    own: dict[str, Any] = params["datasets"].get(dataset, {}).get("finetune", {})
    return {**params["finetune"], **own}


def training(texts: int, steps: int, batch_size: int, layers: int) -> Work:
    """So many optimizer steps of a model with so many layers; no batch is larger than all `texts`."""
    passed = steps * min(batch_size, texts)
    return Work(trained=passed, trained_layers=passed * layers)


def reading(texts: int, layers: int) -> Work:
    """One forward pass of each text."""
    return Work(read=texts, read_layers=texts * layers)


def finetune(params: Params, rows: Rows, size: ModelSize) -> Work:
    """The teacher, a probe before it, its validation after every epoch, its logits on train and unlabelled texts."""
    if params["model"]["fine_tuned"]:
        return reading(rows.train + rows.unlabelled, size.layers) + _saved(size, size.layers)
    options = params["finetune"]
    steps = _steps(options, rows.train)
    epochs = ceil(steps / ceil(rows.train / options["batch_size"]))
    read = epochs * rows.validation + rows.train * (1 + options["linear_probe"]) + rows.unlabelled
    return (
        training(rows.train, steps, options["batch_size"], size.layers)
        + reading(read, size.layers)
        + _saved(size, size.layers)
    )


def ablate(params: Params, rows: Rows, size: ModelSize) -> Work:
    """All subsets or, of a deep model, a sample and what greedy tries."""
    measured = subsets(params, size.layers)
    return sum((_lattice(masks, rows, size) for why in measured if why != PATHS for masks in measured[why]), Work())


def choose(params: Params, rows: Rows, size: ModelSize) -> Work:
    """What the paths of a deep model need beyond that; some of it is measured by `fuse`, which asks first."""
    return sum((_lattice(masks, rows, size) for masks in subsets(params, size.layers).get(PATHS, [])), Work())


def _lattice(masks: Sequence[int], rows: Rows, size: ModelSize) -> Work:
    """One layer forward for each prefix of the subsets, for every text of validation and test."""
    forwards = (2**size.layers if len(masks) == 2**size.layers else len(prefixes(masks))) - 1
    texts = rows.validation + rows.test
    return Work(read=texts, read_layers=texts * forwards, bytes=2 * texts * len(masks))


ALL, GREEDY, SAMPLE, PATHS = "all", "greedy", "sample", "paths"
"""Why subsets are measured: there are few; greedy tries them; `ablate.sample`; they lie on the path of an order."""


def subsets(params: Params, layers: int) -> dict[str, list[Sequence[int]]]:
    """Why -> the subsets that are measured for it, a list for each walk over the texts.

    Which they will be is not known: greedy costs as much whichever layers it removes, and paths are counted as random.
    """
    sample = masks_to_measure(layers, **params["ablate"])
    if len(sample) == 2**layers:
        return {ALL: [sample]}
    random = random_orders(layers, orders(params), seed=params["ablate"]["seed"] + 1).tolist()
    return {
        GREEDY: [smaller((1 << left) - 1) for left in range(layers, 1, -1)],
        SAMPLE: [sample],
        PATHS: [[mask_of(order[gone:]) for order in random for gone in range(2, layers)]],
    }


def orders(params: Params) -> int:
    """How many orders have a path of their own: strategies, with all their draws, and fusions."""
    draws = sum(options.get("draws", 1) for options in params["strategies"].values())
    return draws + len(params["fusions"].keys() - {"greedy", "oracle"})


def subsets_measured(params: Params, layers: int) -> str:
    """Which subsets of the layers are measured in each run, and why."""
    counts = {why: sum(map(len, walks)) for why, walks in subsets(params, layers).items()}
    if ALL in counts:
        return f"all {2**layers:,} of {layers} layers"
    return (
        f"at most {sum(counts.values()):,} of {2**layers:,}, since all are more than ablate.max_subsets: "
        f"{counts[GREEDY]:,} that greedy tries, {counts[SAMPLE]:,} of a sample (ablate.sample), "
        f"{counts[PATHS]:,} on the paths of {orders(params)} orders"
    )


def recover(params: Params, rows: Rows, size: ModelSize, budget: Mapping[str, Any]) -> Work:
    """A budget: the sets of each size, and the intact model, trained and read on validation and test."""
    options = params["recover"]
    kept = budget["sizes"] or options["sizes"]
    most = budget.get("sets") or options["sets"]
    sets = {layers: min(comb(size.layers, layers), most) for layers in kept} | {size.layers: 1}
    steps = _steps({**options, "epochs": budget["epochs"] or 1.0, "steps": budget["steps"]}, rows.train)
    texts = rows.validation + rows.test
    total = Work(bytes=2 * texts * sum(sets.values()))
    for layers, count in sets.items():
        total += (training(rows.train, steps, options["batch_size"], layers) + reading(texts, layers)) * count
    return total


def extract_signals(params: Params, rows: Rows, size: ModelSize) -> Work:
    """A slice of train, forward and backward; every layer's weights are kept with what was seen."""
    return _observed(params, rows, size, size.layers) + Work(bytes=4 * size.layers * size.layer_parameters)


def remeasure(params: Params, rows: Rows, size: ModelSize) -> Work:
    """At most: every signal and fusion on a path of its own, no set of layers twice, half of the layers on average."""
    paths = len([name for name in params["strategies"] if name not in BASELINES]) + len(params["fusions"])
    sets = min(paths * (size.layers - 1), 2**size.layers - 2)
    return _observed(params, rows, size, size.layers / 2) * sets


def _observed(params: Params, rows: Rows, size: ModelSize, layers: float) -> Work:
    """The instrumented pass through so many layers, over batches in the order given.

    Each is padded to its longest text, which in a batch of many has all the tokens that a text may have, and so takes
    as long as more texts of mean length.
    """
    texts, most = min(params["extract_signals"]["texts"], rows.train), params["finetune"]["max_tokens"]
    passed = texts * most / (rows.tokens or most)
    seen = texts * layers * (4 * size.hidden + most * 8 * (2 + size.heads))
    return Work(trained=passed, trained_layers=passed * layers, bytes=seen)


def layers_of_recipes(params: Params, size: ModelSize) -> dict[str, int]:
    """Recipe -> how many layers its model has; where validation chooses how many, the most that can be."""
    entries = {name: entry for stage in RECIPES for name, entry in params[stage].items()}

    def layers(name: str) -> int:
        if name not in entries:
            return size.layers
        start, keep = layers(entries[name]["from"]), entries[name].get("keep", 1.0)
        if "order" not in entries[name] or isinstance(keep, str):
            return start
        return max(1, floor(keep * start + 0.5))

    return {name: layers(name) for name in entries}


MODELS_A_STEP = {"supernet": 3}
"""Method -> how many models, at most as large as the whole one, a step of its training runs."""


def recipe(entry: Mapping[str, Any], params: Params, rows: Rows, size: ModelSize, layers: int) -> Work:
    """One recipe: a saved model, and the trials of a search; where its method has `epochs`, its training.

    A teacher labels altered copies first; one whose hidden states or attention are learned from is read beside.
    """
    method = inspect.signature(find("compression/compressors", entry["method"])).parameters
    options = {name: option.default for name, option in method.items()}
    options |= params["distillation"] if entry["method"] == "distill" else {}
    options |= entry
    saved = _saved(size, layers)
    if "epochs" not in method:
        tried = min(options["texts"], rows.validation) * options["trials"] if "trials" in options else 0
        return saved + reading(tried, layers)
    altered = rows.train * options.get("augment", 0)
    texts = rows.train + altered + min(options.get("transfer", 0), rows.unlabelled)
    work = training(texts, _steps(options, texts), options["batch_size"], layers)
    work *= MODELS_A_STEP.get(entry["method"], 1)
    beside = any((options.get("losses") or {}).values())
    labelled = altered if beside or options.get("alpha") else 0
    return work + saved + reading(labelled + (int(work.trained) if beside else 0), size.layers)


def evaluate(params: Params, rows: Rows, size: ModelSize) -> Work:
    """The teacher and every recipe on test and validation."""
    texts, layers = rows.test + rows.validation, [size.layers, *layers_of_recipes(params, size).values()]
    return sum((reading(texts, each) for each in layers), Work())


PER_RUN: dict[str, Callable[[Params, Rows, ModelSize], Work]] = {
    "finetune": finetune,
    "ablate": ablate,
    "extract_signals": extract_signals,
    "remeasure": remeasure,
}
"""Stages that stand once for every dataset and seed."""

LOADING = {*PER_RUN, "recover", *LOOPING}
"""Stages that load a model."""


def work_by_stage(params: Params, rows: Mapping[str, Rows], size: ModelSize) -> dict[str, Work]:
    """Stage, as `dvc repro` takes it -> its work. `rows`: dataset -> its texts, for those of the grid."""
    datasets, seeds = params["grid"]["datasets"], params["grid"]["seeds"]
    layers = layers_of_recipes(params, size)
    work = {"download_model": _saved(size, size.layers)}
    for dataset in datasets:
        own = {**params, "finetune": finetuning(params, dataset)}
        for seed in seeds:
            for stage, count in PER_RUN.items():
                work[f"{stage}@{dataset}-{seed}"] = count(own, rows[dataset], size)
            for name, budget in params["budgets"].items():
                work[f"recover@{dataset}-{seed}-{name}"] = recover(params, rows[dataset], size, budget)
    for stage in RECIPES:
        for name, entry in params[stage].items():
            of_runs = (recipe(entry, params, rows[dataset], size, layers[name]) for dataset in datasets)
            work[f"{stage}@{name}"] = sum(of_runs, Work()) * len(seeds)
    for stage, count in {"choose": choose, "evaluate": evaluate}.items():
        work[stage] = sum((count(params, rows[dataset], size) for dataset in datasets), Work()) * len(seeds)
    fanned = {"download": params["datasets"], "rank": params["strategies"], "fuse": params["fusions"]}
    light = [f"{stage}@{name}" for stage, entries in fanned.items() for name in entries]
    return work | dict.fromkeys([*light, "benchmark", "report", "ship", "study"], Work())


def memory(params: Params, size: ModelSize) -> float:
    """Bytes at the peak of fine-tuning: float32 weights, gradients and two moments, and what backward needs.

    Activations of a layer: 34 hidden values a token and 5 a head and pair of tokens, in two bytes (Korthikanti et
    al. 2022, arXiv:2205.05198), here counted as four bytes, since autocast keeps both formats.
    """
    tokens = max(finetuning(params, dataset)["max_tokens"] for dataset in params["grid"]["datasets"])
    a_text = 2 * size.layers * tokens * (34 * size.hidden + 5 * size.heads * tokens)
    return 16 * size.parameters + params["finetune"]["batch_size"] * a_text


def checkpoints(size: ModelSize) -> float:
    """Bytes of the checkpoints of one training, removed when it is done."""
    return KEPT_CHECKPOINTS * 12 * size.parameters


def _steps(options: Mapping[str, Any], texts: int) -> int:
    """The optimizer steps that options ask for, as the training loop counts them."""
    nothing = dict.fromkeys(("learning_rate", "warmup", "weight_decay"), 0.0)  # a path search has none of these
    fields = (*nothing, "epochs", "batch_size", "min_steps", "steps")
    known: dict[str, Any] = nothing | {name: options[name] for name in fields if name in options}
    return Schedule(**known, seed=0).length(texts)


def _saved(size: ModelSize, layers: int) -> Work:
    """The file of a model with so many layers: four bytes a parameter."""
    return Work(bytes=4 * size.with_layers(layers))
