"""params.yaml as a whole; checked before anything runs.

`python -m slim.config [FILE]` checks a file and says what is wrong with it, a line each.
"""

import re
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import Field, ValidationError, model_validator

from slim.config.refusals import all_known, check_options, lines
from slim.config.sections import (
    Ablate,
    Budget,
    Digits,
    Distill,
    Evaluate,
    ExtractSignals,
    Files,
    Fuse,
    Grid,
    Hub,
    ModelSource,
    Packaged,
    Prune,
    Rank,
    Recover,
    Runtime,
    Section,
    Training,
)  # fmt: skip
from slim.utils.registry import find

__all__ = ["Params", "check_options", "load"]


class Params(Section):
    """The whole of params.yaml."""

    grid: Grid
    runtime: Runtime = Runtime()
    launcher: Annotated[str, Field(min_length=1)] = "python"
    """What dvc.yaml puts before `-m stages.finetune` and `-m stages.distill`: how many processes train, and where."""
    model: ModelSource
    datasets: dict[str, Annotated[Digits | Files | Hub | Packaged, Field(discriminator="source")]]
    finetune: Training = Training()
    ablate: Ablate = Ablate()
    recover: Recover = Recover()
    budgets: dict[str, Budget] = Field(default={})
    """Names of how long recovery trains; `fuse.target` and `prune.target` may be one."""
    extract_signals: ExtractSignals = ExtractSignals()
    rank: Rank = Rank()
    fuse: Fuse = Fuse()
    strategies: dict[str, dict[str, Any]]
    """Signals and controls: `prune_first` (low | high) and the options of slim/ranking/signals/<name>.py."""
    fusions: dict[str, dict[str, Any]]
    """The options of slim/ranking/fusions/<name>.py."""
    prune: Prune = Prune()
    students: dict[str, Annotated[list[str], Field(min_length=1)]]
    """What is distilled: of each entry's strategies, the best on validation."""
    distill: Distill = Distill()
    distillations: dict[str, dict[str, Any]] = Field(default={})
    """Other ways to teach the first student: changed values of `distill`."""
    evaluate: Evaluate = Evaluate()

    @model_validator(mode="after")
    def _names_agree(self) -> "Params":
        all_known("grid.datasets", self.grid.datasets, self.datasets, "an entry of datasets")
        named = (self.datasets, self.strategies, self.fusions, self.students, self.budgets, self.distillations)
        for group in named:
            for name in group:
                if not re.fullmatch(r"[a-z0-9_]+", name):
                    raise ValueError(f"the name '{name}' may only have lower-case letters, digits and _")
        if both := sorted(set(self.strategies) & set(self.fusions)):
            raise ValueError(f"'{both[0]}' stands under strategies and under fusions: drop one")
        for student, candidates in self.students.items():
            all_known(f"students.{student}", candidates, {**self.strategies, **self.fusions}, "a strategy or fusion")
        targets = {"raw": None, **self.budgets}
        all_known("fuse.target", [self.fuse.target], targets, "raw or an entry of budgets")
        all_known("prune.target", [self.prune.target], targets, "raw or an entry of budgets")
        if "raw" in self.budgets:
            raise ValueError("budgets: 'raw' is what no training is called: choose another name")
        for field in ("datasets", "seeds"):
            if len(set(values := getattr(self.grid, field))) != len(values):
                raise ValueError(f"grid.{field} names something twice: {values}")
        return self

    @model_validator(mode="after")
    def _options_fit(self) -> "Params":
        for family, entries in (("ranking/signals", self.strategies), ("ranking/fusions", self.fusions)):
            for name, options in entries.items():
                where = f"{'strategies' if family == 'ranking/signals' else 'fusions'}.{name}"
                function, given = find(family, name), dict(options)
                if family == "ranking/signals" and given.pop("prune_first", "absent") not in ("low", "high"):
                    raise ValueError(f"{where}.prune_first must be low or high")
                check_options(where, function, given)
        return self

    @model_validator(mode="after")
    def _lessons_fit(self) -> "Params":
        for name, changes in self.distillations.items():
            try:
                Distill(**self.distill.lesson(changes))
            except ValidationError as error:
                raise ValueError(lines(error, Distill, f"distillations.{name}")[0]) from error
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
        raise ValueError("\n".join(f"{path}: {line}" for line in lines(error, Params))) from error
