"""C4: whether a fusion is as good as the best signal."""

from typing import Any

import pandas as pd

from slim.report.claims._entry import entry
from slim.report.claims._maxima import best_of, both, contenders, numbers_of
from slim.report.claims._numbers import TIES
from slim.report.claims._paper import FUSIONS, SIGNALS
from slim.report.claims._reading import Outcomes
from slim.report.claims._rows import named, seeds_of


def equalled(curves: pd.DataFrame, maxima: pd.DataFrame) -> dict[str, Any]:
    """C4: the better fusion reaches the best signal, but for gradient_fisher alone on one dataset in nine."""
    tables, found = contenders(maxima)

    def outcome(shown: "pd.Series[float]") -> str:
        signals = shown[list(SIGNALS)]
        above = set(signals.index[signals > shown[list(FUSIONS)].max()])
        return "equalled" if not above else "gradient_fisher" if above == {"gradient_fisher"} else "beaten"

    def rule(outcomes: Outcomes) -> bool:
        found = list(outcomes.values())
        return "beaten" not in found and 9 * found.count("gradient_fisher") <= len(found)

    def tops(shown: "pd.Series[float]") -> dict[str, Any]:
        signals, fusions = shown[list(SIGNALS)], shown[list(FUSIONS)]
        best = {"signal": float(signals.max()), "fusion": float(fusions.max())}
        return best | {"signals": best_of(signals), "fusions": best_of(fusions)}

    return entry(
        "C4", "a fusion equals the best single signal on every dataset, except gradient Fisher on one",
        *both(tables, outcome, "equalled", rule, named(found)), seeds=seeds_of(curves, tables), tie_rule=TIES,
        says="a fusion equals the best single signal", numbers=numbers_of(tables, tops),
    )  # fmt: skip
