"""A claim read on datasets: what was found on each, and when that makes it true."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from slim.report.claims._paper import NINE

SUPPORTED, REFUTED, UNTESTED = "supported", "not supported", "not tested"
Outcomes = dict[str, str]
"""dataset -> what was found on it."""


@dataclass(frozen=True)
class Reading:
    """A claim's outcome on every dataset that has all it needs, and when that makes the claim true."""

    outcomes: Outcomes
    holds: str
    """The outcome that makes the claim hold on a dataset."""
    rule: Callable[[Outcomes], bool]
    """Outcomes -> whether the claim is true of their datasets taken together."""
    lacking: dict[str, str] = field(default_factory=dict)
    """dataset -> what it lacks, for those that cannot be tested."""

    def on(self, datasets: Iterable[str]) -> list[str]:
        """Those of some datasets on which the claim holds."""
        return [name for name in datasets if self.outcomes.get(name) == self.holds]

    def verdict(self, datasets: Iterable[str]) -> str:
        """The claim's verdict on these datasets; untested when there is none or one of them has no outcome."""
        names = list(datasets)
        if not names or any(name not in self.outcomes for name in names):
            return UNTESTED
        return SUPPORTED if self.rule({name: self.outcomes[name] for name in names}) else REFUTED

    def here(self) -> dict[str, Any]:
        """The verdict on the datasets of this run."""
        names = sorted(self.outcomes)
        return {"holds_on": self.on(names), "of": len(names), "verdict": self.verdict(names)}


def at_least(outcomes: Outcomes, wanted: str, ninths: int) -> bool:
    return len(NINE) * list(outcomes.values()).count(wanted) >= ninths * len(outcomes)


def everywhere(wanted: str) -> Callable[[Outcomes], bool]:
    return lambda outcomes: set(outcomes.values()) == {wanted}
