"""What a fusion may read in one run: signals and accuracies, from the files of `rank` and `ablate` or `recover`."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slim.ranking.signals import BASELINES
from slim.subsets.lattice import Lattice, layers_of, masks_of
from slim.utils.grid import runs
from slim.utils.io import read_json

Floats = NDArray[np.float64]


class NotMeasuredError(ValueError):
    """A fusion needs something that was not measured; the message names it and the remedy."""


@dataclass(frozen=True)
class FusionInput:
    """What a fusion may read in one run."""

    names: list[str]
    """The S signals."""
    signals: Floats
    """[L, S] of the intact model, larger = keep."""
    lattice: Lattice
    """The accuracies that removals are judged by."""
    others: tuple["FusionInput", ...] = ()
    """The input of every other dataset with this seed; without `others` and `iterative_signals` of its own."""
    iterative_signals: Callable[[int], Floats] | None = None
    """Iterative schedule: mask -> [present, S] signals of the model that has only those layers, lowest layer first,
    larger = keep. None under one_shot."""

    def signals_of(self, mask: int) -> Floats:
        """[present, S]: signals of the layers present; under one_shot those of the intact model.

        Raises NotMeasuredError when the schedule is iterative and this subset was not measured.
        """
        return self.signals[layers_of(mask)] if self.iterative_signals is None else self.iterative_signals(mask)


def read_fusion_inputs(
    orders: str | Path,
    lattice_with: Callable[[str, set[int]], Lattice],
    strategies: Sequence[str],
    datasets: Sequence[str],
    seeds: Sequence[int],
) -> dict[str, FusionInput]:
    """The input of every run, from the folder of `rank`'s files.

    `lattice_with`: run, masks -> its lattice, these subsets too, if they can be measured; it is asked for those on the
    paths of the signals. Signals are the strategies that are no baselines, in their order. Raises ValueError when the
    folder holds an order that params.yaml no longer has: it would be an undeclared input.
    """
    if left_over := sorted({file.stem for file in Path(orders).glob("*.json")} - set(strategies)):
        raise ValueError(f"{orders}/{left_over[0]}.json belongs to no strategy of params.yaml: remove the file, rerun")
    names = [name for name in strategies if name not in BASELINES]
    rankings = {name: read_json(Path(orders) / f"{name}.json")["runs"] for name in names}
    alone = {
        (dataset, seed): _input({name: rankings[name][run] for name in names}, partial(lattice_with, run))
        for seed in seeds
        for dataset, run in zip(datasets, runs(datasets, [seed]), strict=True)
    }
    return {
        f"{dataset}/{seed}": replace(
            alone[dataset, seed],
            others=tuple(
                replace(alone[other, seed], iterative_signals=None) for other in datasets if other != dataset
            ),
        )
        for dataset in datasets
        for seed in seeds
    }


def _input(rankings: Mapping[str, dict[str, Any]], lattice_with: Callable[[set[int]], Lattice]) -> FusionInput:
    """The input of one run, without the others, from each signal's ranking."""
    lattice = lattice_with(masks_of(path for ranking in rankings.values() for path in ranking["paths"]))
    signals = _columns(ranking["scores"][0] for ranking in rankings.values())
    tables = {name: ranking.get("remeasured", {}) for name, ranking in rankings.items()}
    iterative = any("remeasured" in ranking for ranking in rankings.values())
    by_mask = _signals_by_mask(tables, signals, lattice.full) if iterative else None
    return FusionInput(list(rankings), signals, lattice, iterative_signals=by_mask)


def _signals_by_mask(
    tables: Mapping[str, Mapping[str, list[float]]], intact: Floats, full: int
) -> Callable[[int], Floats]:
    """A look-up of signals by the mask of the layers present; with all of them, those of the intact model."""

    def signals_by_mask(mask: int) -> Floats:
        if mask == full:
            return intact
        if missing := [name for name, table in tables.items() if str(mask) not in table]:
            raise NotMeasuredError(
                f"{missing[0]} was not measured with only the layers {layers_of(mask)} (mask {mask}): "
                f"run `dvc repro remeasure`"
            )
        return _columns(table[str(mask)] for table in tables.values())

    return signals_by_mask


def _columns(scores: Iterable[list[float]]) -> Floats:
    """[layers, S]: one column a signal."""
    # Contiguous by layer, as in slim.ranking.iterative, since another layout changes the last bit of sums.
    return np.stack([np.array(signal, np.float64) for signal in scores], axis=1)
