"""params.yaml as frozen, documented models; checked as a whole before anything runs.

`python -m slim.params [FILE]` checks a file and says what is wrong with it, a line each.
"""

import inspect
import re
import sys
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model, model_validator

from slim.family import find

Share = Annotated[float, Field(gt=0, le=1)]
Count = Annotated[int, Field(ge=1)]


class Section(BaseModel):
    """A part of params.yaml: read-only, unknown keys refused, numbers in quotes not taken for numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Grid(Section):
    """What the run is repeated over."""

    datasets: Annotated[list[str], Field(min_length=1)]
    """Names of entries of `datasets`."""
    seeds: Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1)]
    """One teacher, one observation, one lattice and so on a seed."""


class Runtime(Section):
    """How every model is run; it decides the last bits of every number."""

    threads: Count = 2
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    """auto: bfloat16 autocast where the CPU or GPU multiplies it in hardware."""
    batch_size: Count = 64
    """Texts in a batch wherever nothing is trained."""
    max_tokens: Annotated[int, Field(ge=4)] = 64
    """Texts are cut at this many tokens, special ones included."""


class ModelSource(Section):
    """The pretrained encoder."""

    source: Literal["packaged", "folder"] = "packaged"
    """packaged: inside an installed package; folder: a local folder that `save_pretrained` wrote."""
    path: str
    """The lock file that pins the package, or the folder."""
    name: str = ""
    """The package."""
    sha256: str | None = None
    """What model.safetensors must hash to."""

    @model_validator(mode="after")
    def _named(self) -> "ModelSource":
        if self.source == "packaged" and not self.name:
            raise ValueError("name is missing: the package that carries the model")
        return self


class Docstrings(Section):
    """A labelled table made from the docstrings of the pinned dependencies."""

    source: Literal["docstrings"]
    path: str
    """The lock file that pins the libraries whose docstrings are read."""
    task: Literal["library", "section"]
    train: Count
    validation: Count
    test: Count
    min_words: Count
    max_words: Count
    unlabelled: Annotated[int, Field(ge=0)] = 0
    """Further texts without a label, for teachers to label."""
    seed: int = 0


class Files(Section):
    """Your own CSV, TSV, JSONL or Parquet."""

    source: Literal["files"]
    path: str
    """The folder that they lie in."""
    train: str = "train.csv"
    test: str = "test.csv"
    validation: str | None = None
    """Cut from train when absent."""
    unlabelled: str | None = None
    """Further texts without a label, for teachers to label."""
    validation_share: Share = 0.1
    text: str = "text"
    label: str = "label"
    train_rows: Count | None = None
    validation_rows: Count | None = None
    test_rows: Count | None = None
    unlabelled_rows: Count | None = None
    seed: int = 0


class Training(Section):
    """AdamW with a linear schedule."""

    epochs: Annotated[float, Field(gt=0)] = 3
    min_steps: Annotated[int, Field(ge=0)] = 0
    """At least so many optimizer steps, so that a small dataset is passed more often."""
    batch_size: Count = 32
    learning_rate: Annotated[float, Field(gt=0, lt=1)] = 2e-5
    warmup: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Share of the steps over which the learning rate rises."""
    weight_decay: Annotated[float, Field(ge=0)] = 0.01


class Ablate(Section):
    """Which layer subsets are measured."""

    max_subsets: Count = 4096
    """All 2^L are, if they are no more than this."""
    subsets: list[list[Annotated[int, Field(ge=0)]]] = []
    """Retained layers of further subsets, for models with more layers."""


class ExtractSignals(Section):
    """The slice of train that is observed."""

    texts: Count = 500
    batch_size: Count = 32


class Rank(Section):
    """When signals are measured, for single signals and fusions alike."""

    schedule: Literal["one_shot", "iterative"] = "one_shot"
    """one_shot: on the intact model; iterative: again on the shrunken model after every removal."""


class Fuse(Section):
    """What fusions learn from."""

    target: str = "raw"
    """raw: accuracies without recovery; or a budget of `recover`: accuracies after that training."""


class Fixed(Section):
    """Depth rule `fixed`."""

    keep: Share = 0.5
    """Share of the layers that stay, rounded to the nearest number."""


class Prune(Section):
    """Which accuracies curves show, and the rules by which depths are chosen on validation."""

    target: str = "raw"
    """As in `fuse`."""
    best_accuracy: Section = Section()
    one_standard_error: Section = Section()
    fixed: Fixed = Fixed()

    def rules(self) -> dict[str, dict[str, Any]]:
        """Rule -> its options."""
        return self.model_dump(exclude={"target"})


class Budget(Section):
    """How long recovery trains: one of the two."""

    epochs: Annotated[float, Field(gt=0)] | None = None
    steps: Count | None = None

    @model_validator(mode="after")
    def _one(self) -> "Budget":
        if (self.epochs is None) == (self.steps is None):
            raise ValueError("give either epochs or steps")
        return self


class Recover(Section):
    """The short training of retained sets, and which sets are trained."""

    sizes: Annotated[list[Count], Field(min_length=1)] = [1, 2, 3]
    """How many layers the sets keep."""
    sets: Count = 20
    """At most so many of each size, drawn with `seed`."""
    seed: Annotated[int, Field(ge=0)] = 0
    batch_size: Count = 32
    learning_rate: Annotated[float, Field(gt=0, lt=1)] = 2e-4
    warmup: Annotated[float, Field(ge=0, lt=1)] = 0.1
    weight_decay: Annotated[float, Field(ge=0)] = 0.01
    budgets: dict[str, Budget] = {}
    """Names of budgets, which `fuse.target` and `prune.target` may be."""

    def schedule(self, budget: str) -> dict[str, Any]:
        """The training schedule of a budget."""
        how = {name: getattr(self, name) for name in Training.model_fields if hasattr(self, name)}
        wanted = self.budgets[budget]
        return how | {"epochs": wanted.epochs or 1.0, "steps": wanted.steps}


class Distill(Training):
    """Recovery of the pruned models, with the teacher and, at the same budget, without."""

    depth: Literal["best_accuracy", "one_standard_error", "fixed"] = "fixed"
    """The rule whose choice is distilled."""
    temperature: Annotated[float, Field(gt=0)] = 2.0
    alpha: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Weight of the teacher's soft labels; the rest is the weight of the hard ones."""
    hidden_states: Annotated[float, Field(ge=0)] = 0.0
    """Weight of the error of every student layer's output; the teacher then runs beside the student."""
    attention_relations: Annotated[float, Field(ge=0)] = 0.0
    """Weight of the divergence of the last layers' relations between tokens; likewise."""
    transfer: Annotated[int, Field(ge=0)] = 0
    """At most so many of the dataset's unlabelled texts, labelled by the teacher, are learned from too."""

    def lesson(self, changes: Mapping[str, Any] = MappingProxyType({})) -> dict[str, Any]:
        """How a student is taught, with some values changed."""
        return self.model_dump(exclude={"depth"}) | dict(changes)


class Floor(Section):
    """The linear baseline: TF-IDF and logistic regression."""

    max_ngram: Count = 2
    min_documents: Count = 2
    c: Annotated[float, Field(gt=0)] = 10.0
    """Inverse strength of the regularisation."""


class Evaluate(Section):
    """Intervals."""

    resamples: Annotated[int, Field(ge=100)] = 2000
    level: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    calibration_bins: Annotated[int, Field(ge=2)] = 15
    floor: Floor = Floor()


class Params(Section):
    """The whole of params.yaml."""

    grid: Grid
    runtime: Runtime = Runtime()
    model: ModelSource
    datasets: dict[str, Annotated[Docstrings | Files, Field(discriminator="source")]]
    finetune: Training = Training()
    ablate: Ablate = Ablate()
    recover: Recover = Recover()
    extract_signals: ExtractSignals = ExtractSignals()
    rank: Rank = Rank()
    fuse: Fuse = Fuse()
    strategies: dict[str, dict[str, Any]]
    """Signals and controls: `prune_first` (low | high) and the options of slim/signals/<name>.py."""
    fusions: dict[str, dict[str, Any]]
    """The options of slim/fusions/<name>.py."""
    prune: Prune = Prune()
    students: dict[str, Annotated[list[str], Field(min_length=1)]]
    """What is distilled: of each entry's strategies, the best on validation."""
    distill: Distill = Distill()
    distillations: dict[str, dict[str, Any]] = {}
    """Other ways to teach the first student: changed values of `distill`."""
    evaluate: Evaluate = Evaluate()

    @model_validator(mode="after")
    def _names_agree(self) -> "Params":
        _all_known("grid.datasets", self.grid.datasets, self.datasets, "an entry of datasets")
        named = (self.datasets, self.strategies, self.fusions, self.students, self.recover.budgets, self.distillations)
        for group in named:
            for name in group:
                if not re.fullmatch(r"[a-z0-9_]+", name):
                    raise ValueError(f"the name '{name}' may only have lower-case letters, digits and _")
        if both := sorted(set(self.strategies) & set(self.fusions)):
            raise ValueError(f"'{both[0]}' stands under strategies and under fusions: drop one")
        for student, candidates in self.students.items():
            _all_known(f"students.{student}", candidates, {**self.strategies, **self.fusions}, "a strategy or fusion")
        targets = {"raw": None, **self.recover.budgets}
        _all_known("fuse.target", [self.fuse.target], targets, "raw or a budget of recover")
        _all_known("prune.target", [self.prune.target], targets, "raw or a budget of recover")
        if "raw" in self.recover.budgets:
            raise ValueError("recover.budgets: 'raw' is what no training is called: choose another name")
        for field in ("datasets", "seeds"):
            if len(set(values := getattr(self.grid, field))) != len(values):
                raise ValueError(f"grid.{field} names something twice: {values}")
        return self

    @model_validator(mode="after")
    def _options_fit(self) -> "Params":
        for family, entries in (("signals", self.strategies), ("fusions", self.fusions)):
            for name, options in entries.items():
                where = f"{'strategies' if family == 'signals' else family}.{name}"
                function, given = find(family, name), dict(options)
                if family == "signals" and given.pop("prune_first", "absent") not in ("low", "high"):
                    raise ValueError(f"{where}.prune_first must be low or high")
                check_options(where, function, given)
        return self

    @model_validator(mode="after")
    def _lessons_fit(self) -> "Params":
        for name, changes in self.distillations.items():
            try:
                Distill(**self.distill.lesson(changes))
            except ValidationError as error:
                raise ValueError(_lines(error, Distill, f"distillations.{name}")[0]) from error
        return self

    @model_validator(mode="after")
    def _rows_suffice(self) -> "Params":
        for name, options in self.strategies.items():
            if options.get("folds", 0) > self.extract_signals.texts:
                raise ValueError(
                    f"strategies.{name}.folds: {options['folds']} folds of {self.extract_signals.texts} texts: "
                    f"lower it, or raise extract_signals.texts"
                )
        for name, options in self.fusions.items():
            if options.get("rows") != "other_datasets":
                continue
            if len(self.grid.datasets) < 2:
                raise ValueError(
                    f"fusions.{name}.rows: other_datasets needs a second dataset in grid.datasets: add one, "
                    f"or choose other rows"
                )
            if self.rank.schedule == "iterative":
                raise ValueError(
                    f"fusions.{name}.rows: other_datasets goes with rank.schedule one_shot only, since signals are "
                    f"measured again one dataset at a time: choose other rows"
                )
        return self


def _all_known(where: str, names: list[str], known: Mapping[str, Any], what: str) -> None:
    for name in names:
        if name not in known:
            raise ValueError(f"{where}: '{name}' is not {what}{_nearest(name, known)}")


def _nearest(name: str, known: Mapping[str, Any] | list[str]) -> str:
    near = get_close_matches(name, list(known), n=1)
    return f"; did you mean '{near[0]}'?" if near else f"; choose from {', '.join(known)}" if known else ""


def check_options(where: str, function: Callable[..., Any], options: dict[str, Any]) -> None:
    """Refuse options that a function's keyword-only parameters do not take: its annotations are the schema."""
    taken: dict[str, Any] = {
        p.name: (p.annotation, ... if p.default is inspect.Parameter.empty else p.default)
        for p in inspect.signature(function, eval_str=True).parameters.values()
        if p.kind is p.KEYWORD_ONLY
    }
    model = create_model("Options", __base__=Section, **taken)
    try:
        model(**options)
    except ValidationError as error:
        raise ValueError(_lines(error, model, where)[0]) from error


def _lines(error: ValidationError, model: type[BaseModel], prefix: str = "") -> list[str]:
    """One line a mistake: where, what was got, what is allowed."""
    lines = []
    for mistake in error.errors():
        place = ".".join(str(part) for part in (prefix, *mistake["loc"]) if part not in ("", "docstrings", "files"))
        if mistake["type"] == "extra_forbidden":
            known = _fields(model, mistake["loc"][:-1])
            lines.append(f"{place}: unknown key{_nearest(str(mistake['loc'][-1]), known)}")
        elif mistake["type"] == "missing":
            lines.append(f"{place}: missing")
        elif mistake["type"] == "value_error":
            lines.append(f"{place}: {mistake['ctx']['error']}" if place else str(mistake["ctx"]["error"]))
        else:
            said = mistake["msg"][0].lower() + mistake["msg"][1:]
            lines.append(f"{place}: {said}, got {mistake['input']!r}")
    return lines


def _fields(model: Any, place: tuple[Any, ...]) -> list[str]:
    """The keys known at a place of a model."""
    if not place:
        return list(model.model_fields) if inspect.isclass(model) and issubclass(model, BaseModel) else []
    first, rest = place[0], place[1:]
    if inspect.isclass(model) and issubclass(model, BaseModel) and first in model.model_fields:
        return _fields(model.model_fields[first].annotation, rest)
    members = {"docstrings": Docstrings, "files": Files}
    return _fields(members[first], rest) if first in members else _fields(model, rest)


def load(path: str | Path = "params.yaml") -> Params:
    """The checked parameters. Raises ValueError, one line a mistake, naming the key and what it may be."""
    try:
        content = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ValueError(f"{path} is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise ValueError(f"{path} holds no parameters")
    try:
        return Params(**content)
    except ValidationError as error:
        raise ValueError("\n".join(f"{path}: {line}" for line in _lines(error, Params))) from error


if __name__ == "__main__":
    try:
        load(*sys.argv[1:])
    except (ValueError, OSError) as refusal:
        sys.exit(str(refusal))
