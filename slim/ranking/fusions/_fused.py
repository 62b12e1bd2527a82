"""What every fusion returns, how it walks down from scores, and what is written of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slim.ranking.cases import Case, Unmeasured
from slim.ranking.removal_order import walk
from slim.subsets.lattice import layers_of
from slim.utils.option_types import alternatives
from slim.utils.registry import find

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Fused:
    """Which layers stay at every depth, and what that rests on."""

    path: list[list[int]]
    """Retained layers, lowest first, after k = 0 .. L-1 removals; nested except for the oracle's."""
    scores: list[float] | None = None
    """[L]: predicted change of validation accuracy, or mean rank, in the intact model; None when no layer has one."""
    fit: dict[str, Any] = field(default_factory=dict)
    """What was learned from, and how well it fits; plain JSON values, the unmeasured absent."""


def scheduled(case: Case, keep_scores: Callable[[Floats], Floats]) -> tuple[list[list[int]], Floats]:
    """The path down by scores made of signals, lowest first, and the intact model's scores [L].

    `keep_scores`: signals [present, S] -> [present], larger = keep. Under one_shot the intact model's scores decide
    every removal; under the iterative schedule each removal is decided by signals measured on the layers left.
    """
    layers, intact = case.lattice.layers, keep_scores(case.signals)
    if case.remeasured is None:
        return walk(layers, lambda mask: intact[layers_of(mask)]), intact
    return walk(layers, lambda mask: keep_scores(case.signals_of(mask))), intact


def fused(fusion: str, cases: Mapping[str, Case], options: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """What `fuse` writes of a fusion in every run, and a line for each variant that lacks its measurements.

    Variants are the fusion with one categorical option changed (`slim.utils.option_types.alternatives`). One that
    asks for what was not measured, in any run, is left out; the fusion itself then raises Unmeasured.
    """
    combine = find("ranking/fusions", fusion)

    def everywhere(**changed: str) -> dict[str, Any]:
        found = {run: combine(case, **{**options, **changed}) for run, case in cases.items()}
        return {
            "runs": {run: {"scores": [one.scores], "paths": [one.path]} for run, one in found.items()},
            "fit": {run: one.fit for run, one in found.items()},
        }

    content = {"strategy": fusion, "variants": []} | everywhere()
    left_out = []
    for option, value in alternatives(combine, options):
        try:
            content["variants"].append({"option": option, "value": value} | everywhere(**{option: value}))
        except Unmeasured as reason:
            left_out.append(f"{fusion}: without its variant {option} = {value}, since {reason}")
    return content, left_out
