"""One file a strategy: a pure function of an LayerStatistics that scores every layer."""

from typing import Protocol

CONTROLS = ("every_other", "random", "top_first")
"""Strategies that look at no signal; they compete with the signals and are no features of a fusion."""


class Layered(Protocol):
    """All that a control looks at; an LayerStatistics is one."""

    @property
    def layers(self) -> int:
        """The number of layers, L."""
        ...
