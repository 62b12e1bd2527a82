"""C2 and C3: how often a fusion leads."""

from typing import Any

import pandas as pd

from slim.report.claims._entry import entry
from slim.report.claims._maxima import best_of, both, contenders, numbers_of
from slim.report.claims._numbers import TIES
from slim.report.claims._reading import Outcomes, at_least
from slim.report.claims._rows import named, seeds_of
from slim.report.tables._format import words

NEAR = 1.0
"""Points of accuracy below the best that still count as near-optimal (OURS: the paper gives no number)."""


def fusion_leads(
    curves: pd.DataFrame, maxima: pd.DataFrame, id_: str, fusion: str, share: int, *, near: int = 0
) -> dict[str, Any]:
    """C2 and C3: on at least `share` ninths of the datasets no contender has a higher maximum.

    With `near`, the fusion must be within `NEAR` points of the best on every other one.
    """
    tables, found = contenders(maxima)

    def outcome(shown: "pd.Series[float]") -> str:
        gap = round(shown.max() - shown[fusion], 1)
        return "leads" if gap <= 0 else "near" if gap <= NEAR else "behind"

    def rule(outcomes: Outcomes) -> bool:
        return at_least(outcomes, "leads", share) and not (near and "behind" in outcomes.values())

    def against(shown: "pd.Series[float]") -> dict[str, Any]:
        return {"maximum": float(shown[fusion]), "best": float(shown.max()), "best_strategies": best_of(shown)}

    text = f"{words(fusion)} has the highest maximum (ties count) on {share} of 9 datasets"
    return entry(
        id_, text + (f" and is near-optimal on the other {near}" if near else ""),
        *both(tables, outcome, "leads", rule, named(found)),
        seeds=seeds_of(curves, tables), tie_rule=TIES, says=f"{words(fusion)} leads",
        numbers=numbers_of(tables, against) | ({"near_points": NEAR} if near else {}),
    )  # fmt: skip
