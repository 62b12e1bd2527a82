"""What every fusion returns."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Fused:
    """Which layers stay at every depth, and what that rests on."""

    path: list[list[int]]
    """Retained layers, lowest first, after k = 0 .. L-1 removals; nested except for the oracle's."""
    scores: list[float] | None = None
    """[L]: predicted change of validation accuracy, or mean rank; None when no layer has one score."""
    fit: dict[str, Any] = field(default_factory=dict)
    """What was learned from, and how well it fits; plain JSON values, the unmeasured absent."""
