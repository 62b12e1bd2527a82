"""One file a strategy: a pure function of a LayerStatistics that scores every layer."""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from slim.utils.registry import find

BASELINES = ("every_other", "random", "top_first")
"""Strategies that measure nothing; they compete with the signals and are no features of a fusion."""


class HasLayers(Protocol):
    """All that a baseline reads; a LayerStatistics is one."""

    @property
    def layers(self) -> int:
        """The number of layers, L."""
        ...


def layer_scores(strategy: str, statistics: HasLayers, layers: int, /, **options: Any) -> NDArray[np.float64]:
    """A strategy's raw scores, [L] or [draws, L].

    Raises ValueError unless they are finite numbers, one for each of so many layers: a signal may be anybody's.
    """
    returned = find("ranking/signals", strategy)(statistics, **options)
    try:
        scores = np.asarray(returned, np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"strategies.{strategy}: the scores are no numbers: {error}") from error
    if scores.ndim not in (1, 2) or scores.shape[-1] != layers or not scores.size:
        raise ValueError(
            f"strategies.{strategy}: scores of shape {scores.shape} for {layers} layers: return one score a layer"
        )
    if not (finite := np.isfinite(scores)).all():
        layer = int(np.argmin(np.atleast_2d(finite).all(axis=0)))
        raise ValueError(f"strategies.{strategy}: no finite score of layer {layer}: {scores.tolist()}")
    return scores
