"""Which layers every strategy keeps in every run: by each schedule, and by each accuracy that it can learn from."""

import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slim.ranking.fusion_input import FusionInput, NotMeasuredError
from slim.ranking.fusions._fusion import FusionResult
from slim.ranking.signals import BASELINES
from slim.report.study._read import Run
from slim.report.study.noise import best_of
from slim.report.tables._paths import Path
from slim.report.tables.curves import CONTROLS as UNSIGNALLED
from slim.report.tables.curves import family_of
from slim.report.tables.sensitivity import one_shot
from slim.subsets.lattice import Lattice, exhaustive, layers_of
from slim.utils.registry import find

RAW = "raw"
SCHEDULES = ("one_shot", "iterative")
LEARNED_ROWS = ("lattice", "other_datasets")
"""What fusions learn from a recovery: trained sets of this dataset, which they are then judged on, or of others."""
RECOVERED_GREEDY = "recovered_greedy"

Options = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Choice:
    """The layers a strategy keeps at every depth of one run."""

    dataset: str
    seed: int
    strategy: str
    family: str
    schedule: str
    """one_shot for what looks at no signal."""
    target: str
    """`raw` or the budget whose accuracies were learned from; empty for signals and controls."""
    rows: str
    """Which removals a fusion learned from; empty for anything else."""
    paths: list[Path]
    """One a draw; those of recovered_greedy start at the largest size trained."""
    scores: NDArray[np.float64] | None = None
    """[L], larger = keep, of the intact model; None for what gives layers no scores."""


def choices(runs: Sequence[Run], strategies: Sequence[str], fusions: Options) -> list[Choice]:
    """Every choice of every run: the signals by both schedules and the controls, then what follows.

    The fusions with their options from raw accuracies, by both schedules (greedy and oracle, which look at no signal,
    once); every fusion that has `rows`, from each budget's accuracies, by LEARNED_ROWS; and recovered_greedy (OURS)
    from each budget: the best set of the largest size trained, then without whichever layer is missed least. What
    lacks measurements is left out: sets that were never measured again, other datasets, a lattice with gaps.
    """
    return [
        Choice(run.dataset, run.seed, strategy, _family(strategy, fusions), *rest)
        for run in runs
        for strategy, *rest in (
            *_of_strategies(run, strategies),
            *_of_fusions(run, runs, fusions),
            *_of_recoveries(run, runs, fusions),
        )
    ]


def _family(strategy: str, fusions: Options) -> str:
    return "control" if strategy == RECOVERED_GREEDY else family_of(strategy, fusions)


def case(run: Run, lattice: Lattice, schedule: str = "one_shot", others: tuple[FusionInput, ...] = ()) -> FusionInput:
    """What a fusion may look at in a run, by a schedule, when a lattice tells what removals cost."""
    ranked = {name: ranking for name, ranking in run.rankings.items() if name not in BASELINES}
    signals = np.array([ranking["scores"][0] for ranking in ranked.values()], np.float64).T

    def remeasured(mask: int) -> NDArray[np.float64]:
        tables = [ranking["remeasured"] for ranking in ranked.values()]
        if any(str(mask) not in table for table in tables):
            raise NotMeasuredError(f"signals were not measured again with only the layers {layers_of(mask)}")
        return np.array([table[str(mask)] for table in tables], np.float64).T

    return FusionInput(list(ranked), signals, lattice, others, remeasured if schedule == "iterative" else None)


def _of_strategies(run: Run, strategies: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    for name in strategies:
        ranking = run.rankings[name]
        yield name, "one_shot", "", "", one_shot(ranking), None if name in BASELINES else _only(ranking["scores"])
        if name not in BASELINES:
            yield name, "iterative", "", "", list(ranking["paths"]), _only(ranking["scores"])


def _only(scores: Sequence[Sequence[float]]) -> NDArray[np.float64]:
    return np.array(scores[0], np.float64)


def _of_fusions(run: Run, runs: Sequence[Run], fusions: Options) -> Iterator[tuple[Any, ...]]:
    gaps = not all(exhaustive(run.raw, size) for size in range(1, run.raw.layers))
    for name, options in fusions.items():
        unsignalled = name in UNSIGNALLED
        if unsignalled and gaps:
            continue
        rows = _rows(name)
        for schedule in SCHEDULES[:1] if unsignalled else SCHEDULES:
            if found := _fused(name, _among(run, runs, RAW, schedule), options):
                used = str(options.get("rows", rows)) if rows else ""
                yield name, schedule, RAW, used, [found.path], None if found.scores is None else keep_scores(found)


def _of_recoveries(run: Run, runs: Sequence[Run], fusions: Options) -> Iterator[tuple[Any, ...]]:
    for budget, lattice in run.recovered.items():
        if path := recovered_greedy(lattice, run.exhaustive_sizes(budget)):
            yield RECOVERED_GREEDY, "one_shot", budget, "", [path], None
        here = _among(run, runs, budget, "one_shot")
        for name, options in fusions.items():
            for rows in LEARNED_ROWS if _rows(name) else ():
                if found := _fused(name, here, {**options, "rows": rows}):
                    yield name, "one_shot", budget, rows, [found.path], keep_scores(found)


def _rows(fusion: str) -> str | None:
    """The rows that a fusion learns from by default; None for one that learns from none."""
    option = inspect.signature(find("ranking/fusions", fusion)).parameters.get("rows")
    return None if option is None else str(option.default)


def _among(run: Run, runs: Sequence[Run], target: str, schedule: str) -> FusionInput:
    """The case of a run with those of the other datasets of its seed."""

    def lattice(of: Run) -> Lattice:
        return of.raw if target == RAW else of.recovered[target]

    others = [other for other in runs if other.seed == run.seed and other.dataset != run.dataset]
    return case(run, lattice(run), schedule, tuple(case(other, lattice(other)) for other in others))


def _fused(name: str, here: FusionInput, options: Mapping[str, Any]) -> FusionResult | None:
    """What a fusion says; None where it lacks measurements."""
    try:
        found: FusionResult = find("ranking/fusions", name)(here, **options)
    except NotMeasuredError:
        return None
    return found


def keep_scores(fused: FusionResult) -> NDArray[np.float64]:
    """A fusion's scores of the intact model [L], larger = keep.

    Predicted changes of accuracy run the other way than ranks: the layer that the fusion removes first tells which.
    """
    scores = np.array(fused.scores, np.float64)
    first = (set(fused.path[0]) - set(fused.path[1])).pop() if len(fused.path) > 1 else 0
    return scores if scores[first] == scores.min() else -scores


def recovered_greedy(lattice: Lattice, sizes: Sequence[int]) -> Path:
    """The retained layers from the best set of the largest of `sizes` down, by validation accuracy after recovery.

    `sizes`: those of which every set was trained. Each further set is the best without one layer of the last; the
    path ends before a size that was not trained. Ties as in `best_of`. Empty without sizes.
    """
    if not sizes:
        return []
    mask = best_of(lattice, lattice.of_size(max(sizes)))
    path = [layers_of(mask)]
    while len(path[-1]) - 1 in sizes:
        mask = best_of(lattice, [mask ^ 1 << layer for layer in path[-1]])
        path.append(layers_of(mask))
    return path
