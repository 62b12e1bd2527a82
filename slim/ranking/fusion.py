"""What every fusion returns, how a path follows from scores, and what `fuse` writes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slim.ranking.fusion_input import FusionInput, NotMeasuredError
from slim.ranking.removal_order import walk
from slim.subsets.lattice import layers_of
from slim.utils.option_types import alternatives
from slim.utils.registry import find

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class FusionResult:
    """Which layers stay at every depth, and what that rests on."""

    path: list[list[int]]
    """Retained layers, lowest first, after k = 0 .. L-1 removals; the oracle's may lack some, and not be nested."""
    scores: list[float] | None = None
    """[L]: predicted change of validation accuracy, or mean rank, in the intact model; None when no layer has one."""
    fit: dict[str, Any] = field(default_factory=dict)
    """What was learned from, and how well it fits; plain JSON values, the unmeasured absent."""
    diagnostics: Callable[[], dict[str, Any]] = field(default=dict, compare=False)
    """More of `fit`, computed when called: cross-validation and importances take longer than the fit itself."""


def removal_path(inputs: FusionInput, keep_scores: Callable[[Floats], Floats]) -> tuple[list[list[int]], Floats]:
    """The path that removes the layers with the lowest scores first, and the intact model's scores [L].

    `keep_scores`: signals [present, S] -> [present], larger = keep. Under one_shot the intact model's scores decide
    every removal; under the iterative schedule each removal is decided by signals of the layers left.
    """
    layers, intact = inputs.lattice.layers, keep_scores(inputs.signals)
    if inputs.iterative_signals is None:
        return walk(layers, lambda mask: intact[layers_of(mask)]), intact
    return walk(layers, lambda mask: keep_scores(inputs.signals_of(mask))), intact


def run_fusion(
    fusion: str, inputs: Mapping[str, FusionInput], options: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """What `fuse` writes of a fusion in every run, and a line for all that is left out for lack of measurements.

    Variants are the fusion with one categorical option changed (`slim.utils.option_types.alternatives`), without
    diagnostics. A variant that needs something unmeasured, in any run, is left out; the fusion itself then raises
    NotMeasuredError. Raises ValueError for a path that is none, since a fusion may be anybody's.
    """
    function = find("ranking/fusions", fusion)

    def results(**changed: str) -> dict[str, FusionResult]:
        return {
            run: _checked(fusion, function(given, **{**options, **changed}), given.lattice.layers)
            for run, given in inputs.items()
        }

    own = results()
    fits = {run: result.fit | result.diagnostics() for run, result in own.items()}
    variants, left_out = [], [line for run in own for line in _lacking(f"{fusion} in {run}", own[run].path)]
    for option, value in alternatives(function, options):
        try:
            changed = results(**{option: value})
        except NotMeasuredError as reason:
            left_out.append(f"{fusion}: without its variant {option} = {value}, since {reason}")
        else:
            fit = {run: result.fit for run, result in changed.items()}
            variants.append({"option": option, "value": value, "runs": _rankings(changed), "fit": fit})
    return {"strategy": fusion, "runs": _rankings(own), "fit": fits, "variants": variants}, left_out


def _checked(fusion: str, result: FusionResult, layers: int) -> FusionResult:
    """The result, if its path begins with all layers, keeps fewer from step to step, and none that does not exist."""
    every, sizes = range(layers), [len(set(kept)) for kept in result.path]
    known = all(kept and set(kept) <= set(every) for kept in result.path)
    if not known or sizes[:1] != [layers] or any(before <= after for before, after in pairwise(sizes)):
        raise ValueError(
            f"fusions.{fusion}: no path from {layers} layers to one, each step a list of the layers that stay: "
            f"{result.path}"
        )
    return result


def _lacking(who: str, path: list[list[int]]) -> list[str]:
    """A line that says which sizes a path lacks, if any."""
    sizes = sorted(set(range(1, len(path[0]))) - {len(kept) for kept in path})
    named = [str(size) for size in sizes] if len(sizes) < 4 else [str(sizes[0]), "...", str(sizes[-1])]
    why = "since not every one of them was measured (ablate.max_subsets)"
    return [f"{who}: without its subsets of {', '.join(named)} layers, {why}"] if sizes else []


def _rankings(results: Mapping[str, FusionResult]) -> dict[str, Any]:
    """By run, what `rank` writes of a signal: scores and paths, one each."""
    return {run: {"scores": [result.scores], "paths": [result.path]} for run, result in results.items()}
