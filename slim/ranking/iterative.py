"""Signals measured again on the model that each removal leaves: every set of layers once, whoever reaches it."""

from collections.abc import Callable, Mapping, Sequence
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
from slim.ranking.cases import Case
from slim.ranking.collect import collect
from slim.ranking.layer_statistics import LayerStatistics
from slim.ranking.removal_order import PruneFirst, keep_scores, walk
from slim.ranking.signals import CONTROLS
from slim.subsets.lattice import Lattice, layers_of
from slim.utils.io import read_arrays, write_arrays
from slim.utils.registry import find
from slim.utils.work_cache import checkpoint_folder

Floats = NDArray[np.float64]
Table = dict[str, dict[str, list[float]]]
"""strategy -> mask -> scores of the layers present, lowest first, larger = keep."""

FROM_INTACT = ("weights", "predictions")
"""What is not observed again: a layer's weights stay as they are, and `predictions` are always the intact model's."""

OF_POOLED = ("mi_prediction_relevance", "mi_task_relevance")
"""Slow signals that look at each layer's pooled vectors by themselves, which no later layer changes."""


def observer(
    teacher: Classifier, train: Split, intact: LayerStatistics, *, batch_size: int, files: Sequence[str | Path]
) -> Callable[[int], LayerStatistics]:
    """mask -> the LayerStatistics, over the texts of `train`, of the teacher with only these layers.

    `intact` is that of the whole teacher over the same texts. Every set is kept on disk as soon as it was observed,
    without its weights, so that a killed run goes on with the next one. `files` are the inputs the result depends on.
    """
    settings = ["observed", len(train.inputs), batch_size, teacher.max_tokens, teacher.runtime]
    memo = checkpoint_folder(settings, files, [collect.__module__])
    batches = teacher.batches(train.inputs, batch_size=batch_size, by_length=False)
    again = [field.name for field in fields(LayerStatistics) if field.name not in FROM_INTACT]

    def observed(mask: int) -> LayerStatistics:
        kept, path = layers_of(mask), memo / f"{mask}.npz"
        if len(kept) == intact.layers:
            return intact
        if not path.exists():
            seen = collect(keep_layers(teacher.model, kept), batches, train.labels, teacher.runtime)
            write_arrays({name: getattr(seen, name) for name in again}, path)
        return LayerStatistics(**read_arrays(path), weights=intact.weights[kept], predictions=intact.predictions)

    return observed


class Remeasured:
    """mask -> strategy -> scores [present], larger = keep, of all signals on the model that has only these layers.

    Remembers every set it was asked for. Controls, which look at nothing, are left out.
    """

    def __init__(
        self, observed: Callable[[int], LayerStatistics], strategies: Mapping[str, Mapping[str, Any]]
    ) -> None:
        self._observed = observed
        self._strategies = {name: options for name, options in strategies.items() if name not in CONTROLS}
        self._found: dict[int, dict[str, Floats]] = {}
        self._of_prefix: dict[tuple[str, int], float] = {}
        self._bar = tqdm(desc="measuring signals again", unit="set")

    @property
    def names(self) -> list[str]:
        """The S signals."""
        return list(self._strategies)

    def __call__(self, mask: int) -> dict[str, Floats]:
        if mask not in self._found:
            seen = self._observed(mask)
            self._found[mask] = {name: self._scores(name, mask, seen) for name in self._strategies}
            self._bar.update()
        return self._found[mask]

    def of(self, name: str, mask: int) -> Floats:
        """[present]: one signal."""
        return self(mask)[name]

    def stacked(self, mask: int) -> Floats:
        """[present, S]"""
        return np.stack(list(self(mask).values()), axis=1)

    def _scores(self, name: str, mask: int, seen: LayerStatistics) -> Floats:
        """[present]: one signal; those of pooled vectors once for all sets that begin with the same layers."""
        options = self._strategies[name]
        if name not in OF_POOLED:
            return _scores(name, seen, **options)
        prefixes = [(name, mask & (2 << layer) - 1) for layer in layers_of(mask)]
        for pooled, prefix in zip(seen.pooled, prefixes, strict=True):
            if prefix not in self._of_prefix:
                self._of_prefix[prefix] = float(_scores(name, replace(seen, pooled=pooled[None]), **options)[0])
        return np.array([self._of_prefix[prefix] for prefix in prefixes])

    def table(self) -> Table:
        """All that was asked for."""
        found = sorted(self._found.items())
        return {name: {str(mask): scores[name].tolist() for mask, scores in found} for name in self.names}


def _scores(name: str, seen: LayerStatistics, *, prune_first: PruneFirst, **options: Any) -> Floats:
    """One signal's scores, larger = keep."""
    return keep_scores(find("ranking/signals", name)(seen, **options), prune_first)


def orders_by_remeasuring(remeasured: Remeasured, lattice: Lattice, fusions: Mapping[str, Mapping[str, Any]]) -> Table:
    """Every signal on every set that a signal or a fusion reaches when it removes a layer and is measured again.

    `lattice`: the accuracies that fusions learn from; one that learns from other datasets is not walked, since they
    are not there, and said so.
    """
    for name in remeasured.names:
        walk(lattice.layers, partial(remeasured.of, name))
    case = Case(remeasured.names, remeasured.stacked(lattice.full), lattice, remeasured=remeasured.stacked)
    for fusion, options in fusions.items():
        if options.get("rows") == "other_datasets":
            tqdm.write(f"{fusion}: its own path is not measured again, since other_datasets are not at hand here")
        else:
            find("ranking/fusions", fusion)(case, **options)
    return remeasured.table()
