"""What every fusion returns, how a path follows from scores, and what `fuse` writes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
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
    """Retained layers, lowest first, after k = 0 .. L-1 removals; nested except for the oracle's."""
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
    """What `fuse` writes of a fusion in every run, and a line for each variant that lacks its measurements.

    Variants are the fusion with one categorical option changed (`slim.utils.option_types.alternatives`), without
    diagnostics. A variant that needs something unmeasured, in any run, is left out; the fusion itself then raises
    NotMeasuredError.
    """
    function = find("ranking/fusions", fusion)

    def results(**changed: str) -> dict[str, FusionResult]:
        return {run: function(given, **{**options, **changed}) for run, given in inputs.items()}

    own = results()
    fits = {run: result.fit | result.diagnostics() for run, result in own.items()}
    variants, left_out = [], []
    for option, value in alternatives(function, options):
        try:
            changed = results(**{option: value})
        except NotMeasuredError as reason:
            left_out.append(f"{fusion}: without its variant {option} = {value}, since {reason}")
        else:
            fit = {run: result.fit for run, result in changed.items()}
            variants.append({"option": option, "value": value, "runs": _rankings(changed), "fit": fit})
    return {"strategy": fusion, "runs": _rankings(own), "fit": fits, "variants": variants}, left_out


def _rankings(results: Mapping[str, FusionResult]) -> dict[str, Any]:
    """By run, what `rank` writes of a signal: scores and paths, one each."""
    return {run: {"scores": [result.scores], "paths": [result.path]} for run, result in results.items()}
