"""params.yaml as a whole; checked before anything runs.

`python -m slim.config [FILE]` checks a file and says what is wrong with it, a line each.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError, model_validator

from slim.config.messages import all_known, check_options, check_section, find_method, lines, refuse_own_outputs
from slim.config.recipes import STAGES, TEACHER, check_recipes, recipe
from slim.config.sections import (
    Ablate,
    Benchmark,
    Budget,
    Choose,
    Evaluate,
    ExtractSignals,
    Finetune,
    Fuse,
    Grid,
    ModelSource,
    Rank,
    Recover,
    Runtime,
    Section,
    Ship,
)  # fmt: skip
from slim.utils.grid import source_options
from slim.utils.io import read_yaml
from slim.utils.registry import find

__all__ = ["Params", "check", "check_options", "load", "most_tokens", "recipe"]


class Params(Section):
    """The whole of params.yaml: every section is there, since dvc.yaml names it, and stops where it is not."""

    grid: Grid
    runtime: Runtime
    launcher: Annotated[str, Field(min_length=1)]
    """What starts the processes that train, in `finetune` and `distill`: how many there are, and where."""
    model: ModelSource
    datasets: dict[str, dict[str, Any]]
    """`source`, a file of slim/download/datasets/, and its options; `finetune`: values instead of those below."""
    finetune: Finetune
    ablate: Ablate
    recover: Recover
    budgets: dict[str, Budget]
    """Names of how long recovery trains; `fuse.target` and `prune.target` may be one."""
    extract_signals: ExtractSignals
    rank: Rank
    fuse: Fuse
    strategies: dict[str, dict[str, Any]]
    """Signals and controls: `prune_first` (low | high) and the options of slim/ranking/signals/<name>.py."""
    fusions: dict[str, dict[str, Any]]
    """The options of slim/ranking/fusions/<name>.py."""
    choose: Choose
    prune: dict[str, dict[str, Any]]
    """Recipes: models with layers removed in the order of a strategy or fusion."""
    distillation: dict[str, Any]
    """Options that all entries of `distill` share; an entry's own take their place."""
    distill: dict[str, dict[str, Any]]
    """Recipes: models trained with their teacher or, as a control, without."""
    compress: dict[str, dict[str, Any]]
    """Recipes: models made smaller in any other way."""
    baselines: dict[str, dict[str, Any]]
    """Models that are no transformers: a file of slim/evaluation/baselines/ and its options."""
    evaluate: Evaluate
    benchmark: Benchmark
    ship: Ship

    @model_validator(mode="after")
    def _names_agree(self) -> "Params":
        all_known("grid.datasets", self.grid.datasets, self.datasets, "an entry of datasets")
        named: tuple[Mapping[str, Any], ...] = (self.datasets, self.strategies, self.fusions, self.budgets)
        named += (*self.recipes().values(), self.baselines)
        for group in named:
            for name in group:
                if not re.fullmatch(r"[a-z0-9_]+", name):
                    raise ValueError(f"the name '{name}' may only have lower-case letters, digits and _")
        for section in ("strategies", "fusions"):
            if not getattr(self, section):
                raise ValueError(f"{section} is empty, and the report compares them: keep one")
        if both := sorted(set(self.strategies) & set(self.fusions)):
            raise ValueError(f"'{both[0]}' stands under strategies and under fusions: drop one")
        targets = {"raw": None, **self.budgets}
        all_known("fuse.target", [self.fuse.target], targets, "raw or an entry of budgets")
        all_known("choose.target", [self.choose.target], targets, "raw or an entry of budgets")
        if "raw" in self.budgets:
            raise ValueError("budgets: 'raw' is what no training is called: choose another name")
        for field in ("datasets", "seeds"):
            if len(set(values := getattr(self.grid, field))) != len(values):
                raise ValueError(f"grid.{field} names something twice: {values}")
        return self

    @model_validator(mode="after")
    def _options_fit(self) -> "Params":
        for name, options in self.strategies.items():
            where, given = f"strategies.{name}", dict(options)
            signal = find("ranking/signals", name)
            if given.pop("prune_first", "absent") not in ("low", "high"):
                raise ValueError(f"{where}.prune_first must be low or high")
            check_options(where, signal, given)
        for name, options in self.fusions.items():
            check_options(f"fusions.{name}", find("ranking/fusions", name), options)
        return self

    @model_validator(mode="after")
    def _datasets_fit(self) -> "Params":
        for name, entry in self.datasets.items():
            where = f"datasets.{name}"
            source = find_method(where, "download/datasets", entry, "source")
            check_options(where, source, source_options(entry))
            check_section(f"{where}.finetune", Finetune, entry.get("finetune", {}))
            refuse_own_outputs(f"{where}.path", str(entry["path"]))
        refuse_own_outputs("model.path", self.model.path)
        return self

    @model_validator(mode="after")
    def _recipes_fit(self) -> "Params":
        check_recipes(self.recipes(), self.baselines, self.distillation, {**self.strategies, **self.fusions})
        models = {TEACHER: None, **{name: None for entries in self.recipes().values() for name in entries}}
        all_known("ship.recipe", [self.ship.recipe], models, "a model")
        return self

    @model_validator(mode="after")
    def _rows_suffice(self) -> "Params":
        for name, options in self.strategies.items():
            if options.get("cv", 0) > self.extract_signals.texts:
                raise ValueError(
                    f"strategies.{name}.cv: {options['cv']} folds of {self.extract_signals.texts} texts: "
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

    def recipes(self) -> dict[str, dict[str, dict[str, Any]]]:
        """Stage -> its recipes by name: all models but the teacher."""
        return {stage: getattr(self, stage) for stage in STAGES}


def most_tokens(max_tokens: int, datasets: Mapping[str, Mapping[str, Any]]) -> int:
    """The most tokens that a text of any dataset may have; `max_tokens`: where those are cut that do not say."""
    return max(entry.get("finetune", {}).get("max_tokens", max_tokens) for entry in datasets.values())


def load(path: str | Path = "params.yaml") -> Params:
    """The checked parameters. Raises ValueError, one line a mistake, naming the key and what it may be."""
    return check(read_yaml(path), path)


def check(content: Any, source: str | Path) -> Params:
    """As `load`, of what was read already; `source` is named in messages."""
    if not isinstance(content, dict):
        raise ValueError(f"{source} holds no parameters")
    try:
        return Params.model_validate(content)
    except ValidationError as error:
        raise ValueError("\n".join(f"{source}: {line}" for line in lines(error, Params))) from error
