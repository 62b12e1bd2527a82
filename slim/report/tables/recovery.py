"""What a short training restores to sets of layers, what predicts it, and what choosing layers well is worth then."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from slim.ranking.fusion_input import FusionInput, NotMeasuredError
from slim.ranking.rankings import rankings
from slim.ranking.removals import standardised
from slim.report.tables.curves import NO_SIGNAL, kind_of
from slim.report.tables.sensitivity import one_shot
from slim.subsets.lattice import Lattice, complete, exhaustive, layers_of, mask_of, masks_of
from slim.subsets.paths import Path as LayerPath
from slim.subsets.shapley import shapley, values_of
from slim.utils.registry import find

Options = Mapping[str, Mapping[str, Any]]
NONE = "none"
"""The budget of no training."""
SCHEDULES = ("one_shot", "iterative")
FEWEST_SETS = 5
"""Sets of one size below which a rank correlation says nothing."""


@dataclass(frozen=True)
class Run:
    """One dataset with one seed."""

    dataset: str
    seed: int
    raw: Lattice
    """Accuracies without recovery."""
    recovered: Mapping[str, Lattice]
    """Budget -> accuracies of the sets trained, after training."""
    rankings: Mapping[str, dict[str, Any]]
    """Strategy -> its ranking with signals measured again after every removal."""

    @property
    def budgets(self) -> dict[str, Lattice]:
        """Budget -> accuracies, NONE first."""
        return {NONE: self.raw, **self.recovered}

    def trained(self, budget: str) -> dict[int, list[int]]:
        """Size -> masks of the sets that a budget trained, but for the intact model; of NONE, that any trained."""
        own = [self.recovered[budget]] if budget != NONE else list(self.recovered.values())
        masks = {int(mask) for lattice in own for mask in lattice.subsets} & set(self.raw.row) - {0, self.raw.full}
        sizes = sorted({mask.bit_count() for mask in masks})
        return {size: sorted(mask for mask in masks if mask.bit_count() == size) for size in sizes}


def read_runs(
    wanted: Sequence[str],
    budgets: Sequence[str],
    strategies: Options,
    lattice_with: Callable[[str, set[int]], Lattice],
    data: str | Path = "data",
) -> list[Run]:
    """Every run `dataset/seed`. Raises FileNotFoundError or ValueError for what was not measured.

    `lattice_with`: run, masks -> accuracies without recovery, of these subsets too; it is asked for the sets that were
    trained and for those that fusions learn from, the paths of the signals under both schedules.
    """
    data = Path(data)
    ranked = {
        name: rankings(name, options, "iterative", wanted, data / "signals" / "iterative")["runs"]
        for name, options in strategies.items()
    }
    runs = []
    for run in wanted:
        after = {budget: Lattice.load(data / "lattice" / budget / f"{run}.npz") for budget in budgets}
        rankings_of = {name: of[run] for name, of in ranked.items()}
        masks = {mask for lattice in after.values() for mask in lattice.row}
        masks |= masks_of(path for of in rankings_of.values() for path in [*of["paths"], *one_shot(of)])
        dataset, seed = run.split("/")
        runs.append(Run(dataset, int(seed), lattice_with(run, masks), after, rankings_of))
    return runs


def paths(run: Run, runs: Sequence[Run], fusions: Options) -> Iterator[tuple[str, str, str, list[LayerPath]]]:
    """(kind, strategy, schedule, paths, one a draw) of every strategy; without signals, `one_shot` only.

    A fusion that lacks measurements in a schedule is left out there.
    """
    for name, ranking in run.rankings.items():
        yield kind_of(name), name, "one_shot", one_shot(ranking)
        if "remeasured" in ranking:
            yield kind_of(name), name, "iterative", list(ranking["paths"])
    others = tuple(_fusion_input(other, "one_shot") for other in runs if other.seed == run.seed and other is not run)
    for name, options in fusions.items():
        for schedule in SCHEDULES[:1] if name in NO_SIGNAL else SCHEDULES:
            try:
                fused = find("ranking/fusions", name)(_fusion_input(run, schedule, others), **options)
            except NotMeasuredError:
                continue
            yield kind_of(name, fusions), name, schedule, [fused.path]


def _fusion_input(run: Run, schedule: str, others: tuple[FusionInput, ...] = ()) -> FusionInput:
    """What a fusion may look at in a run."""
    measured = {name: ranking for name, ranking in run.rankings.items() if "remeasured" in ranking}
    signals = np.array([ranking["scores"][0] for ranking in measured.values()], np.float64).T

    def remeasured(mask: int) -> np.ndarray:
        tables = [ranking["remeasured"] for ranking in measured.values()]
        if any(str(mask) not in table for table in tables):
            raise NotMeasuredError(f"signals were not measured again with only the layers {layers_of(mask)}")
        return np.array([table[str(mask)] for table in tables], np.float64).T

    return FusionInput(list(measured), signals, run.raw, others, remeasured if schedule == "iterative" else None)


def recovered(runs: Sequence[Run]) -> pd.DataFrame:
    """One row a dataset, seed, budget and set of layers: accuracies (fractions) before (`none`) and after training."""
    rows = [
        {"dataset": run.dataset, "seed": run.seed, "budget": budget, "layers": mask.bit_count()}
        | {"kept": "-".join(map(str, layers_of(mask))), "teacher": run.raw.accuracy(run.raw.full, "test")}
        | {f"{split}_accuracy": lattice.accuracy(mask, split) for split in ("validation", "test")}
        for run in runs
        for budget, lattice in run.budgets.items()
        for masks in run.trained(budget).values()
        for mask in masks
    ]
    columns = ["dataset", "seed", "budget", "layers", "kept", "teacher", "validation_accuracy", "test_accuracy"]
    return pd.DataFrame(rows, columns=columns)


def recovery_correlations(runs: Sequence[Run]) -> pd.DataFrame:
    """One row a dataset, seed, budget, size and predictor; rho: Spearman's, with test accuracy after that budget.

    predictor: raw_accuracy on validation; the Shapley value or a signal's standardised score, mean over the layers
    that stay; mean_depth of these; recovered_validation, the accuracy after the same training on validation, which
    is the ceiling. Sizes of fewer than FEWEST_SETS sets, and what is the same for all sets, are left out.
    """
    rows = []
    for run in runs:
        for budget, lattice in run.budgets.items():
            for size, masks in run.trained(budget).items():
                test, validation = ([lattice.accuracy(m, split) for m in masks] for split in ("test", "validation"))
                known = _predictors(run, masks) | {"recovered_validation": validation}
                for name, values in known.items() if len(masks) >= FEWEST_SETS and np.ptp(test) > 0 else ():
                    if np.ptp(values) > 0:
                        rho = float(spearmanr(np.round(values, 12), test).statistic)
                        rows.append({"dataset": run.dataset, "seed": run.seed, "budget": budget, "layers": size,
                                     "predictor": name, "rho": rho, "sets": len(masks)})  # fmt: skip
    return pd.DataFrame(rows, columns=["dataset", "seed", "budget", "layers", "predictor", "rho", "sets"])


def _predictors(run: Run, masks: list[int]) -> dict[str, list[float]]:
    kept = [layers_of(mask) for mask in masks]
    known = {"raw_accuracy": [run.raw.accuracy(mask, "validation") for mask in masks]}
    own = _fusion_input(run, "one_shot")
    scores = dict(zip(own.names, standardised(own.signals).T, strict=True))
    if complete(run.raw):
        scores["shapley"] = shapley(values_of(run.raw, "validation"))
    known |= {name: [float(of[layers].mean()) for layers in kept] for name, of in scores.items()}
    return known | {"mean_depth": [float(np.mean(layers)) for layers in kept]}


def recovered_regret(runs: Sequence[Run], fusions: Options) -> pd.DataFrame:
    """One row a dataset, seed, budget, size and strategy with its schedule, means over draws.

    test_regret: highest test accuracy (fraction) of a set of that size after that budget, minus the strategy's
    over_random: the strategy's test accuracy minus the mean over all sets of that size
    Only sizes of which every set was measured. Strategies look at what was measured without recovery.
    """
    rows = [
        {"dataset": run.dataset, "seed": run.seed, "budget": budget, "layers": size, "kind": kind,
         "strategy": strategy, "schedule": schedule, "test_regret": max(every) - own,
         "over_random": own - np.mean(every)}
        for run in runs
        for kind, strategy, schedule, draws in list(paths(run, runs, fusions))
        for budget, lattice in run.budgets.items()
        for size in range(1, run.raw.layers)
        if exhaustive(lattice, size)
        for every in [[lattice.accuracy(mask, "test") for mask in lattice.of_size(size)]]
        for reached in [[mask_of(list(kept)) for path in draws for kept in path if len(kept) == size]]
        if reached  # which the oracle does not, where not all subsets were measured
        for own in [np.mean([lattice.accuracy(mask, "test") for mask in reached])]
    ]  # fmt: skip
    columns = ["dataset", "seed", "budget", "layers", "kind", "strategy", "schedule", "test_regret", "over_random"]
    return pd.DataFrame(rows, columns=columns)


def study_tables(runs: Sequence[Run], fusions: Options) -> dict[str, pd.DataFrame]:
    """Name -> table of the study."""
    return {
        "recovered": recovered(runs),
        "recovery_correlations": recovery_correlations(runs),
        "recovered_regret": recovered_regret(runs, fusions),
    }
