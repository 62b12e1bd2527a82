"""A case: all that a fusion may look at in one run, read from what `rank` and `ablate` or `recover` wrote."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slim.ranking.signals import CONTROLS
from slim.subsets.lattice import Lattice, layers_of
from slim.utils.grid import runs
from slim.utils.io import read_json

Floats = NDArray[np.float64]


class Unmeasured(ValueError):
    """A fusion asks for something that was not measured; the message says what, and what to do."""


@dataclass(frozen=True)
class Case:
    """What a fusion may look at in one run."""

    names: list[str]
    """The S signals."""
    signals: Floats
    """[L, S] of the intact model, larger = keep."""
    lattice: Lattice
    """The accuracies that removals are judged by."""
    others: tuple["Case", ...] = ()
    """The same of every other dataset of the grid with this seed; their own `others` empty, `remeasured` None."""
    remeasured: Callable[[int], Floats] | None = None
    """Iterative schedule: mask -> [present, S] signals of the model that has only those layers (larger = keep),
    lowest layer first. None under one_shot."""

    def signals_of(self, mask: int) -> Floats:
        """[present, S]: signals of the layers present, measured again on them or, under one_shot, when all were there.

        Raises Unmeasured when the schedule is iterative and the set was never reached.
        """
        return self.signals[layers_of(mask)] if self.remeasured is None else self.remeasured(mask)


def read_cases(
    orders: str | Path,
    lattices: str | Path,
    strategies: Sequence[str],
    datasets: Sequence[str],
    seeds: Sequence[int],
) -> dict[str, Case]:
    """The case of every run, from the folder of `rank`'s files and a folder of lattices, `<dataset>/<seed>.npz`.

    Signals are those of the strategies that are no controls, in their order. Raises ValueError when the folder holds
    an order that is no longer asked for: it would be an unseen input.
    """
    if left_over := sorted({file.stem for file in Path(orders).glob("*.json")} - set(strategies)):
        raise ValueError(f"{orders}/{left_over[0]}.json belongs to no strategy of params.yaml: remove the file, rerun")
    names = [name for name in strategies if name not in CONTROLS]
    rankings = {name: read_json(Path(orders) / f"{name}.json")["runs"] for name in names}
    alone = {
        (dataset, seed): _case({name: rankings[name][run] for name in names}, Lattice.load(f"{lattices}/{run}.npz"))
        for seed in seeds
        for dataset, run in zip(datasets, runs(datasets, [seed]), strict=True)
    }
    return {
        f"{dataset}/{seed}": replace(
            alone[dataset, seed],
            others=tuple(replace(alone[other, seed], remeasured=None) for other in datasets if other != dataset),
        )
        for dataset in datasets
        for seed in seeds
    }


def _case(rankings: Mapping[str, dict[str, Any]], lattice: Lattice) -> Case:
    """The case of one run, without the others, from each signal's ranking."""
    signals = _columns(ranking["scores"][0] for ranking in rankings.values())
    tables = {name: ranking.get("remeasured", {}) for name, ranking in rankings.items()}
    iterative = any("remeasured" in ranking for ranking in rankings.values())
    remeasured = _remeasured(tables, signals, lattice.full) if iterative else None
    return Case(list(rankings), signals, lattice, remeasured=remeasured)


def _remeasured(
    tables: Mapping[str, Mapping[str, list[float]]], signals: Floats, full: int
) -> Callable[[int], Floats]:
    """A look-up of signals by the mask of the layers present; with all of them, the intact model's."""

    def at(mask: int) -> Floats:
        if mask == full:
            return signals
        if missing := [name for name, table in tables.items() if str(mask) not in table]:
            raise Unmeasured(
                f"{missing[0]} was not measured again with only the layers {layers_of(mask)} (mask {mask}): "
                f"run dvc repro remeasure"
            )
        return _columns(table[str(mask)] for table in tables.values())

    return at


def _columns(scores: Iterable[list[float]]) -> Floats:
    """[layers, S]: a column a signal; laid out by layers, as `remeasure` has it, lest sums differ in the last bit."""
    return np.stack([np.array(signal, np.float64) for signal in scores], axis=1)
