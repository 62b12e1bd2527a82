"""What the heavy stages left of every run: accuracies before and after recovery, and signals of shrunken models."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from slim.ranking.rankings import rankings
from slim.subsets.lattice import Lattice, exhaustive
from slim.utils.io import read_arrays

NONE = "none"
"""The budget of no training: accuracies of the raw lattice."""


@dataclass(frozen=True)
class Run:
    """One dataset with one seed."""

    dataset: str
    seed: int
    raw: Lattice
    """Without recovery."""
    recovered: Mapping[str, Lattice]
    """budget -> what the trained sets predict after it."""
    rankings: Mapping[str, dict[str, Any]]
    """strategy -> its ranking under the iterative schedule (`slim.ranking.rankings`), of signals and controls."""

    @property
    def outcomes(self) -> dict[str, Lattice]:
        """budget -> accuracies, `none` first."""
        return {NONE: self.raw, **self.recovered}

    def trained(self, budget: str) -> list[int]:
        """Masks that a budget trained, increasing; of `none`, what any budget trained and the raw lattice has."""
        own = [self.recovered[budget]] if budget != NONE else list(self.recovered.values())
        return sorted({int(mask) for lattice in own for mask in lattice.subsets} & set(self.outcomes[budget].row))

    def sizes(self, budget: str) -> list[int]:
        """How many layers trained sets keep, increasing; the intact model's number is none of them."""
        return sorted({mask.bit_count() for mask in self.trained(budget)} - {self.raw.layers})

    def of_size(self, budget: str, size: int) -> list[int]:
        """The trained sets of one size, in increasing order of mask."""
        return [mask for mask in self.trained(budget) if mask.bit_count() == size]

    def exhaustive_sizes(self, budget: str) -> list[int]:
        """The sizes of which every set was trained."""
        own = [self.recovered[budget]] if budget != NONE else list(self.recovered.values())
        every = {size for lattice in own for size in self.sizes(budget) if exhaustive(lattice, size)}
        return sorted(size for size in every if exhaustive(self.outcomes[budget], size))


def read_runs(
    runs: Iterable[str],
    budgets: Iterable[str],
    strategies: Mapping[str, Mapping[str, Any]],
    data: str | Path = "data",
) -> list[Run]:
    """Every run `dataset/seed` with the recoveries of `budgets`; `strategies`: name -> options, as in params.yaml.

    Raises FileNotFoundError for what was not measured, ValueError for a signal that was not measured again.
    """
    folder, wanted, budgets = Path(data), list(runs), list(budgets)
    again = folder / "signals" / "iterative"
    ranked = {name: rankings(name, options, "iterative", wanted, again) for name, options in strategies.items()}
    return [
        Run(
            dataset=run.split("/")[0],
            seed=int(run.split("/")[1]),
            raw=Lattice.load(folder / "lattice" / "raw" / f"{run}.npz"),
            recovered={budget: Lattice.load(folder / "lattice" / budget / f"{run}.npz") for budget in budgets},
            rankings={name: content["runs"][run] for name, content in ranked.items()},
        )
        for run in wanted
    ]


def read_distillations(runs: Iterable[str], data: str | Path = "data") -> dict[str, dict[str, NDArray]]:
    """run -> what `vary_distillation` wrote: labels, and predictions, control and steps of each way of teaching."""
    return {run: read_arrays(Path(data) / "distillations" / f"{run}.npz") for run in runs}
