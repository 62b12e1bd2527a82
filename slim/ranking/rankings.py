"""Rankings, which `rank` writes: the order in which a strategy, and its variants, remove layers in every run."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slim.ranking.layer_statistics import LayerStatistics
from slim.ranking.removal_order import ranking, walk
from slim.ranking.signals import BASELINES, layer_scores
from slim.utils.io import read_json
from slim.utils.option_types import alternatives
from slim.utils.registry import find

Options = Mapping[str, Any]
"""A strategy's `prune_first` and the options of its function."""
Ranking = dict[str, Any]


def rankings(
    strategy: str, options: Options, schedule: str, runs: Iterable[str], folder: str | Path
) -> dict[str, Any]:
    """The `runs` of a strategy, a ranking each, and its `variants`, from the measurements of a schedule in `folder`.

    A ranking has `scores` (of the intact model, larger = keep) and `paths`, one a draw; under `iterative` also
    `remeasured`: mask -> the scores of the layers present. Raises ValueError for an unknown schedule, measurements
    that lack the strategy, or scores that are not one finite number a layer.
    """
    if schedule not in SCHEDULES:
        raise ValueError(f"unknown schedule '{schedule}': choose from {', '.join(SCHEDULES)}")
    return SCHEDULES[schedule](strategy, options, runs, Path(folder))


def one_shot(strategy: str, options: Options, runs: Iterable[str], folder: Path) -> dict[str, Any]:
    """Rankings by scores of the intact model, from the LayerStatistics in <run>.npz.

    Variants: the other `prune_first`, and every other value of a categorical option, one at a time. Baselines have
    none.
    """
    others = alternatives_of(strategy, options)
    definitions = [dict(options), *({**options, option: value} for option, value in others)]
    ranked = {}
    for run in runs:
        # The two ends of `prune_first` share one measurement.
        statistics = LayerStatistics.load(folder / f"{run}.npz")
        measure = cache(partial(layer_scores, strategy, statistics, statistics.layers))
        ranked[run] = [_ranking(measure, definition) for definition in definitions]
    variants = [
        {"option": option, "value": value, "runs": {run: each[place] for run, each in ranked.items()}}
        for place, (option, value) in enumerate(others, start=1)
    ]
    return {"runs": {run: each[0] for run, each in ranked.items()}, "variants": variants}


def alternatives_of(strategy: str, options: Options) -> list[tuple[str, str]]:
    """Every categorical choice in a signal's definition, changed one at a time: (option, another value)."""
    if strategy in BASELINES:
        return []
    other_end = {"low": "high", "high": "low"}[options["prune_first"]]
    return [("prune_first", other_end), *alternatives(find("ranking/signals", strategy), options)]


def iterative(strategy: str, options: Options, runs: Iterable[str], folder: Path) -> dict[str, Any]:
    """Rankings where the scores of the layers left decide each removal, from the tables in <run>.json. No variants.

    Baselines read the number of layers alone, and remove them as under one_shot.
    """
    tables = {run: read_json(folder / f"{run}.json") for run in runs}
    ranked = {run: _iterative_ranking(strategy, options, table, run) for run, table in tables.items()}
    return {"runs": ranked, "variants": []}


SCHEDULES = {"one_shot": one_shot, "iterative": iterative}
"""When signals are measured: once, on the intact model, or again after every removal."""


def _iterative_ranking(
    strategy: str, options: Options, tables: Mapping[str, Mapping[str, list[float]]], run: str
) -> Ranking:
    """One run's ranking from its signals' tables, mask -> scores of the layers present."""
    full = max((int(mask) for table in tables.values() for mask in table), default=0)
    if full == 0 or strategy not in (*BASELINES, *tables):
        raise ValueError(f"{strategy} was not measured after each removal in {run}: run `dvc repro remeasure`")
    layers = full.bit_length()
    if strategy in BASELINES:
        return _ranking(partial(layer_scores, strategy, SimpleNamespace(layers=layers), layers), options)
    table = tables[strategy]
    path = walk(layers, lambda mask: np.array(table[str(mask)], np.float64))
    return {"scores": [table[str(full)]], "paths": [path], "remeasured": table}


def _ranking(measure: Callable[..., NDArray[np.float64]], options: Options) -> Ranking:
    """The ranking by the scores that `measure` returns for these options."""
    given = {name: value for name, value in options.items() if name != "prune_first"}
    return ranking(measure(**given), options["prune_first"])
