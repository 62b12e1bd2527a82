"""What `rank` writes of one strategy: the order in which it removes layers in every run, and that of its variants."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slim.ranking.layer_statistics import LayerStatistics
from slim.ranking.removal_order import ranking, walk
from slim.ranking.signals import CONTROLS
from slim.utils.io import read_json
from slim.utils.option_types import alternatives
from slim.utils.registry import find

Options = Mapping[str, Any]
"""A strategy's `prune_first` and the options of its function."""
Ranking = dict[str, Any]


def rankings(
    strategy: str, options: Options, schedule: str, runs: Iterable[str], folder: str | Path
) -> dict[str, Any]:
    """The `runs` of a strategy, a ranking each, and its `variants`, by a schedule's measurements in `folder`.

    A ranking has `scores` (of the intact model, larger = keep) and `paths`, one a draw; under `iterative` also
    `remeasured`: mask -> the scores of the layers present. Raises ValueError for an unknown schedule, or measurements
    that lack the strategy.
    """
    if schedule not in SCHEDULES:
        raise ValueError(f"unknown schedule '{schedule}': choose from {', '.join(SCHEDULES)}")
    return SCHEDULES[schedule](strategy, options, runs, Path(folder))


def one_shot(strategy: str, options: Options, runs: Iterable[str], folder: Path) -> dict[str, Any]:
    """Scores of the intact model decide every removal; they come from the LayerStatistics <run>.npz.

    Variants: the other `prune_first`, and every other value of a categorical option, one at a time. Controls, which
    have no signal to define, have none.
    """
    signal, others = find("ranking/signals", strategy), changes(strategy, options)
    ways = [dict(options), *({**options, option: value} for option, value in others)]
    found = {}
    for run in runs:
        measured = cache(
            partial(signal, LayerStatistics.load(folder / f"{run}.npz"))
        )  # prune_first asks for no new ones
        found[run] = [_ranked(measured, way) for way in ways]
    variants = [
        {"option": option, "value": value, "runs": {run: each[place] for run, each in found.items()}}
        for place, (option, value) in enumerate(others, start=1)
    ]
    return {"runs": {run: each[0] for run, each in found.items()}, "variants": variants}


def changes(strategy: str, options: Options) -> list[tuple[str, str]]:
    """Every categorical choice in a signal's definition, changed one at a time: (option, another value)."""
    if strategy in CONTROLS:
        return []
    turned = {"low": "high", "high": "low"}[options["prune_first"]]
    return [("prune_first", turned), *alternatives(find("ranking/signals", strategy), options)]


def iterative(strategy: str, options: Options, runs: Iterable[str], folder: Path) -> dict[str, Any]:
    """Scores of the layers left decide each removal; they come from what `remeasure` wrote, <run>.json. No variants.

    Controls know the number of layers alone, and remove them as under one_shot.
    """
    tables = {run: read_json(folder / f"{run}.json") for run in runs}
    return {"runs": {run: _remeasured(strategy, options, table, run) for run, table in tables.items()}, "variants": []}


SCHEDULES = {"one_shot": one_shot, "iterative": iterative}
"""When signals are measured: once, on the intact model, or again after every removal."""


def _remeasured(strategy: str, options: Options, tables: Mapping[str, Mapping[str, list[float]]], run: str) -> Ranking:
    """One run's ranking from its signals' tables, mask -> scores of the layers present."""
    full = max((int(mask) for table in tables.values() for mask in table), default=0)
    if full == 0 or strategy not in (*CONTROLS, *tables):
        raise ValueError(f"{strategy} was not measured again in {run}: run `dvc repro remeasure`")
    layers = full.bit_length()
    if strategy in CONTROLS:
        return _ranked(partial(find("ranking/signals", strategy), SimpleNamespace(layers=layers)), options)
    table = tables[strategy]
    path = walk(layers, lambda mask: np.array(table[str(mask)], np.float64))
    return {"scores": [table[str(full)]], "paths": [path], "remeasured": table}


def _ranked(measured: Callable[..., NDArray[np.float64]], options: Options) -> Ranking:
    """The ranking by scores that are measured with these options."""
    given = {name: value for name, value in options.items() if name != "prune_first"}
    return ranking(measured(**given), options["prune_first"])
