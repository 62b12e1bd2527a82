"""One file a strategy: a pure function of a LayerStatistics that scores every layer."""

from typing import Protocol

BASELINES = ("every_other", "random", "top_first")
"""Strategies that measure nothing; they compete with the signals and are no features of a fusion."""


class HasLayers(Protocol):
    """All that a baseline reads; a LayerStatistics is one."""

    @property
    def layers(self) -> int:
        """The number of layers, L."""
        ...
