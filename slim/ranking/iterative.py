"""The iterative schedule: signals are measured on the model that each removal leaves, every subset once."""

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from slim.modeling.classifier import Classifier
from slim.modeling.splits import Split
from slim.modeling.transformer import keep_layers
from slim.ranking.collect import collect
from slim.ranking.fusion_input import FusionInput
from slim.ranking.layer_statistics import LayerStatistics
from slim.ranking.removal_order import PruneFirst, keep_scores, walk
from slim.ranking.signals import BASELINES, layer_scores
from slim.subsets.lattice import Lattice, layers_of, masks_of
from slim.utils.io import read_arrays, write_arrays
from slim.utils.registry import find

Floats = NDArray[np.float64]
Table = dict[str, dict[str, list[float]]]
"""strategy -> mask -> scores of the layers present, lowest first, larger = keep."""

UNCHANGED = ("weights", "predictions")
"""Not measured again: a layer's weights stay as they are, and `predictions` are always the intact model's."""

OF_POOLED = ("mi_prediction_relevance", "mi_task_relevance")
"""Slow signals of each layer's pooled vectors alone, which depend on that layer and those before it."""


def observer(
    teacher: Classifier, train: Split, intact: LayerStatistics, *, batch_size: int, work: str | Path
) -> Callable[[int], LayerStatistics]:
    """mask -> the LayerStatistics, over the texts of `train`, of the teacher with only these layers.

    `intact` is that of the whole teacher over the same texts. `work`, a folder for unfinished work, must belong to
    exactly this teacher, these texts and these settings, for a subset that it holds, as <mask>.npz, is not measured
    again: a killed run goes on with the next one.
    """
    batches = teacher.batches(train.inputs, batch_size=batch_size, by_length=False)
    measured = [field.name for field in fields(LayerStatistics) if field.name not in UNCHANGED]

    def statistics_of(mask: int) -> LayerStatistics:
        kept, path = layers_of(mask), Path(work) / f"{mask}.npz"
        if len(kept) == intact.layers:
            return intact
        if not path.exists():
            statistics = collect(keep_layers(teacher.model, kept), batches, train.labels, teacher.runtime)
            write_arrays({name: getattr(statistics, name) for name in measured}, path)
        return LayerStatistics(**read_arrays(path), weights=intact.weights[kept], predictions=intact.predictions)

    return statistics_of


class IterativeScores:
    """mask -> strategy -> scores [present], larger = keep, of all signals on the model that has only these layers.

    Every mask is measured once and remembered. Baselines, which measure nothing, are left out.
    """

    def __init__(
        self, statistics_of: Callable[[int], LayerStatistics], strategies: Mapping[str, Mapping[str, Any]]
    ) -> None:
        self._statistics_of = statistics_of
        self._strategies = {name: options for name, options in strategies.items() if name not in BASELINES}
        self._by_mask: dict[int, dict[str, Floats]] = {}
        self._by_prefix: dict[tuple[str, int], float] = {}
        self._bar = tqdm(desc="measuring signals", unit="subset")

    @property
    def names(self) -> list[str]:
        """The S signals."""
        return list(self._strategies)

    def __call__(self, mask: int) -> dict[str, Floats]:
        if mask not in self._by_mask:
            statistics = self._statistics_of(mask)
            self._by_mask[mask] = {name: self._scores(name, mask, statistics) for name in self._strategies}
            self._bar.update()
        return self._by_mask[mask]

    def of(self, name: str, mask: int) -> Floats:
        """[present]: one signal."""
        return self(mask)[name]

    def stacked(self, mask: int) -> Floats:
        """[present, S]: all signals."""
        return np.stack(list(self(mask).values()), axis=1)

    def _scores(self, name: str, mask: int, statistics: LayerStatistics) -> Floats:
        """[present]: one signal; those of OF_POOLED once for all masks that begin with the same layers."""
        options = self._strategies[name]
        if name not in OF_POOLED:
            return _scores(name, statistics, mask.bit_count(), **options)
        prefixes = [(name, mask & (2 << layer) - 1) for layer in layers_of(mask)]
        for pooled, prefix in zip(statistics.pooled, prefixes, strict=True):
            if prefix not in self._by_prefix:
                layer = replace(statistics, pooled=pooled[None])
                self._by_prefix[prefix] = float(_scores(name, layer, 1, **options)[0])
        return np.array([self._by_prefix[prefix] for prefix in prefixes])

    def table(self) -> Table:
        """The scores of all masks that were measured."""
        measured = sorted(self._by_mask.items())
        return {name: {str(mask): scores[name].tolist() for mask, scores in measured} for name in self.names}


def _scores(name: str, statistics: LayerStatistics, layers: int, *, prune_first: PruneFirst, **options: Any) -> Floats:
    """One signal's scores of so many layers, larger = keep."""
    return keep_scores(layer_scores(name, statistics, layers, **options), prune_first)


def scores_along_paths(
    scores: IterativeScores,
    layers: int,
    lattice_with: Callable[[set[int]], Lattice],
    fusions: Mapping[str, Mapping[str, Any]],
) -> Table:
    """The scores of every signal on every subset that the path of a signal or of a fusion reaches.

    `lattice_with`: masks -> the accuracies that fusions learn from, of these subsets too, if they can be measured; it
    is asked for those on the paths of the signals, as by `fuse`. A fusion that learns from other datasets, which are
    not at hand here, is left out, with a message.
    """
    lattice = lattice_with(masks_of(walk(layers, partial(scores.of, name)) for name in scores.names))
    inputs = FusionInput(scores.names, scores.stacked(lattice.full), lattice, iterative_signals=scores.stacked)
    for fusion, options in fusions.items():
        if options.get("rows") == "other_datasets":
            tqdm.write(f"{fusion}: the subsets of its own path are not measured, since it learns from other_datasets")
        else:
            find("ranking/fusions", fusion)(inputs, **options)
    return scores.table()
