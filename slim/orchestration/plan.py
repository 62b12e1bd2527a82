"""How much work a run is, counted from its parameters before anything runs; how long it takes follows from a speed.

The unit is a text, and a text's way through one layer: a model's time is nearly linear in both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil, comb, floor
from typing import Any

from slim.ranking.signals import BASELINES
from slim.subsets.ablation import masks_to_measure, prefixes
from slim.training.trainer import Schedule

STAGE_SECONDS = 0.1
"""What DVC adds to every stage that runs (DVC 3.67)."""

LOCK_SECONDS = 0.0036
"""What an entry of dvc.lock adds to every stage that runs, since DVC reads and writes the whole file."""

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
class Shape:
    """What of a model decides its cost."""

    layers: int
    hidden: int
    heads: int
    parameters: int
    """All of them."""
    layer_parameters: int
    """Those of one layer."""

    def kept(self, layers: int) -> int:
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


@dataclass(frozen=True)
class Speed:
    """Seconds on one machine."""

    train_text: float
    """Of one text forward and backward, its layers apart."""
    train_layer: float
    """Of one text through one layer, forward and backward."""
    read_text: float
    """Of one text forward, its layers apart."""
    read_layer: float
    """Of one text through one layer, forward."""
    process: float
    """To start one that loads no model, DVC's part apart."""
    model_process: float
    """To start one that does."""


def training(texts: int, steps: int, batch_size: int, layers: int) -> Work:
    """So many optimizer steps of a model with so many layers; no batch is larger than all `texts`."""
    passed = steps * min(batch_size, texts)
    return Work(trained=passed, trained_layers=passed * layers)


def reading(texts: int, layers: int) -> Work:
    """One forward pass of each text."""
    return Work(read=texts, read_layers=texts * layers)


def finetune(params: Mapping[str, Any], rows: Rows, shape: Shape) -> Work:
    """The teacher, its validation after every epoch, its logits on train and unlabelled texts."""
    how = params["finetune"]
    steps = _steps(how, rows.train)
    epochs = ceil(steps / ceil(rows.train / how["batch_size"]))
    read = epochs * rows.validation + rows.train + rows.unlabelled
    return training(rows.train, steps, how["batch_size"], shape.layers) + reading(read, shape.layers) + _saved(shape)


def ablate(params: Mapping[str, Any], rows: Rows, shape: Shape) -> Work:
    """At most one layer forward a subset, or a prefix of one, for every text of validation and test."""
    masks = subsets(shape.layers, **params["ablate"])
    forwards = 2**shape.layers - 1 if len(masks) == 2**shape.layers else len(prefixes(masks)) - 1
    texts = rows.validation + rows.test
    return Work(read=texts, read_layers=texts * forwards, bytes=2 * texts * len(masks))


def subsets(layers: int, *, max_subsets: int, subsets: Sequence[list[int]] = ()) -> Sequence[int]:
    """The masks that `ablate` measures."""
    return range(2**layers) if 2**layers <= max_subsets else masks_to_measure(layers, max_subsets, subsets)


def recover(params: Mapping[str, Any], rows: Rows, shape: Shape, budget: Mapping[str, Any]) -> Work:
    """A budget: the sets of each size, and the intact model, trained and read on validation and test."""
    how = params["recover"]
    sizes = budget["sizes"] or how["sizes"]
    sets = {size: min(comb(shape.layers, size), how["sets"]) for size in sizes} | {shape.layers: 1}
    steps = _steps({**how, "epochs": budget["epochs"] or 1.0, "steps": budget["steps"]}, rows.train)
    texts = rows.validation + rows.test
    total = Work(bytes=2 * texts * sum(sets.values()))
    for size, count in sets.items():
        total += (training(rows.train, steps, how["batch_size"], size) + reading(texts, size)) * count
    return total


def padded(params: Mapping[str, Any], rows: Rows) -> float:
    """Texts of mean length that take as long as those of `extract_signals`, whose batches are in the order given:
    each is padded to its longest text, which in a batch of many has all the tokens that a text may have."""
    most = params["runtime"]["max_tokens"]
    return min(params["extract_signals"]["texts"], rows.train) * most / (rows.tokens or most)


def extract_signals(params: Mapping[str, Any], rows: Rows, shape: Shape) -> Work:
    """A slice of train, forward and backward; every layer's weights are kept with what was seen."""
    texts, passed = min(params["extract_signals"]["texts"], rows.train), padded(params, rows)
    seen = texts * shape.layers * (4 * shape.hidden + params["runtime"]["max_tokens"] * 8 * (2 + shape.heads))
    return Work(
        trained=passed, trained_layers=passed * shape.layers, bytes=seen + 4 * shape.layers * shape.layer_parameters
    )


def remeasure(params: Mapping[str, Any], rows: Rows, shape: Shape) -> Work:
    """At most: every signal and fusion on a path of its own, no set of layers twice, half of the layers on average."""
    paths = len([name for name in params["strategies"] if name not in BASELINES]) + len(params["fusions"])
    sets = min(paths * (shape.layers - 1), 2**shape.layers - 2)
    texts, passed = min(params["extract_signals"]["texts"], rows.train), padded(params, rows)
    seen = texts * shape.layers / 2 * (4 * shape.hidden + params["runtime"]["max_tokens"] * 8 * (2 + shape.heads))
    return Work(trained=passed, trained_layers=passed * shape.layers / 2, bytes=seen) * sets


def student_layers(params: Mapping[str, Any], shape: Shape) -> int:
    """Layers that students keep; where validation chooses the depth, the most that can be."""
    if params["distill"]["depth"] != "fixed":
        return shape.layers
    return max(1, floor(params["prune"]["fixed"]["keep"] * shape.layers + 0.5))


def compress(params: Mapping[str, Any], rows: Rows, shape: Shape) -> Work:
    """A copy of the teacher without some layers."""
    return _saved(shape, student_layers(params, shape))


def distill(params: Mapping[str, Any], rows: Rows, shape: Shape) -> Work:
    """One student, with its teacher or without; a teacher whose insides are learned runs beside it."""
    kept = student_layers(params, shape)
    return lesson(params["distill"], rows, shape, kept) + _saved(shape, kept)


def lesson(how: Mapping[str, Any], rows: Rows, shape: Shape, kept: int) -> Work:
    """One way to teach."""
    texts = rows.train + min(how["transfer"], rows.unlabelled)
    work = training(texts, _steps(how, texts), how["batch_size"], kept)
    beside = how["hidden_states"] > 0 or how["attention_relations"] > 0
    return work + (reading(int(work.trained), shape.layers) if beside else Work())


def vary_distillation(params: Mapping[str, Any], rows: Rows, shape: Shape) -> Work:
    """The first student in every way, and a control for every number of steps; all are read on test."""
    kept, total = student_layers(params, shape), Work()
    ways = [{**params["distill"], **changed} for changed in params["distillations"].values()]
    steps = [_steps(how, rows.train + min(how["transfer"], rows.unlabelled)) for how in ways]
    for how in ways:
        total += lesson(how, rows, shape, kept)
    for count in set(steps):
        total += training(rows.train, count, params["distill"]["batch_size"], kept)
    return total + reading(rows.test, kept) * (len(ways) + len(set(steps)))


def evaluate(params: Mapping[str, Any], rows: Rows, shape: Shape) -> Work:
    """The teacher and three models a student on test and validation."""
    texts, kept = rows.test + rows.validation, student_layers(params, shape)
    return reading(texts, shape.layers) + reading(texts, kept) * (3 * len(params["students"]))


PER_RUN = {
    "finetune": finetune, "ablate": ablate, "extract_signals": extract_signals, "remeasure": remeasure,
    "vary_distillation": vary_distillation, "evaluate": evaluate,
}  # fmt: skip
"""Stages that stand once for every dataset and seed."""


def planned(params: Mapping[str, Any], rows: Mapping[str, Rows], shape: Shape) -> dict[str, tuple[int, Work]]:
    """verb -> number of stages, and the work of all of them together.

    `params`: params.yaml with its defaults filled in; `rows`: dataset -> its texts, for those of the grid.
    """
    seeds, students = len(params["grid"]["seeds"]), len(params["students"])
    every = [rows[name] for name in params["grid"]["datasets"]]
    runs = len(every) * seeds

    def over_runs(count: Any, *options: Any) -> Work:
        return sum((count(params, each, shape, *options) for each in every), Work()) * seeds

    found = {verb: (runs, over_runs(count)) for verb, count in PER_RUN.items()}
    budgets = params["budgets"].values()
    found["recover"] = runs * len(budgets), sum((over_runs(recover, budget) for budget in budgets), Work())
    found["compress"] = runs * students, over_runs(compress) * students
    found["distill"] = runs * students * 2, over_runs(distill) * (2 * students)
    found["download_model"] = 1, _saved(shape)
    light = {
        "download": len(params["datasets"]), "rank": len(params["strategies"]), "fuse": len(params["fusions"]),
        "prune": len(params["strategies"]), "prune_fused": len(params["fusions"]), "choose": students,
        "report": 1, "study": 1,
    }  # fmt: skip
    return found | {verb: (count, Work()) for verb, count in light.items()}


def seconds(work: Work, speed: Speed) -> float:
    """How long a machine takes, starting processes apart."""
    trained = work.trained * speed.train_text + work.trained_layers * speed.train_layer
    return trained + work.read * speed.read_text + work.read_layers * speed.read_layer


def flops(shape: Shape, tokens: int) -> float:
    """Multiplications and additions of one text through one layer forward; three times as many with backward."""
    return 2 * tokens * shape.layer_parameters + 4 * tokens**2 * shape.hidden


def scaled(speed: Speed, measured: Shape, other: Shape, tokens: int) -> Speed:
    """What a speed measured on one shape says of another: layers by their operations, the rest by its parameters."""
    layer = flops(other, tokens) / flops(measured, tokens)
    rest = other.kept(0) / measured.kept(0)
    return replace(
        speed,
        train_text=speed.train_text * rest,
        train_layer=speed.train_layer * layer,
        read_text=speed.read_text * rest,
        read_layer=speed.read_layer * layer,
    )


def starting(verb: str, running: int, stages: int, speed: Speed) -> float:
    """Seconds to start so many stages of a verb, in a pipeline of so many."""
    own = speed.model_process if verb in {*PER_RUN, "recover", "compress", "distill"} else speed.process
    return running * (own + STAGE_SECONDS + LOCK_SECONDS * stages / 2)


def memory(params: Mapping[str, Any], shape: Shape) -> float:
    """Bytes at the peak of fine-tuning: float32 weights, gradients and two moments, and what backward needs.

    Activations of a layer: 34 hidden values a token and 5 a head and pair of tokens, in two bytes (Korthikanti et
    al. 2022, arXiv:2205.05198), here counted as four bytes, since autocast keeps both formats.
    """
    tokens = params["runtime"]["max_tokens"]
    a_text = 2 * shape.layers * tokens * (34 * shape.hidden + 5 * shape.heads * tokens)
    return 16 * shape.parameters + params["finetune"]["batch_size"] * a_text


def checkpoints(shape: Shape) -> float:
    """Bytes of the checkpoints of one training, removed when it is done."""
    return KEPT_CHECKPOINTS * 12 * shape.parameters


def _steps(how: Mapping[str, Any], texts: int) -> int:
    """The optimizer steps that a section of params.yaml asks for, as the training loop counts them."""
    fields = ("epochs", "batch_size", "learning_rate", "warmup", "weight_decay", "min_steps", "steps")
    return Schedule(**{name: how[name] for name in fields if name in how}, seed=0).length(texts)


def _saved(shape: Shape, layers: int | None = None) -> Work:
    """The file of a model with so many layers, all without a number: four bytes a parameter."""
    return Work(bytes=4 * shape.kept(shape.layers if layers is None else layers))
