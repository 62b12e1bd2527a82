"""C7: the first and the last layer."""

from typing import Any

import numpy as np
import pandas as pd

from slim.report.claims._entry import entry
from slim.report.claims._numbers import present, rounded
from slim.report.claims._paper import STRATEGIES
from slim.report.claims._reading import Reading, everywhere
from slim.report.claims._rows import absent, datasets_of, named, seeds_of
from slim.report.tables._format import number


def ends(curves: pd.DataFrame, orders: pd.DataFrame) -> dict[str, Any]:
    """C7: strategies whose mean test regret is below the median remove layers 0 and L-1 later than chance, on average.

    Chance is the mean place (L + 1) / 2. Of the paper's fourteen strategies; means over the seeds of a dataset.
    """
    of = {d: (curves[curves["dataset"] == d], orders[orders["dataset"] == d]) for d in datasets_of(curves)}
    found = {d: _without_regret(*tables) for d, tables in of.items()}
    measured = {d: _places(*of[d]) for d, missing in found.items() if not missing}
    found |= {d: ["a strategy better than the median"] for d, places in measured.items() if not places["good"]}
    measured = {d: places for d, places in measured.items() if places["good"]}
    outcomes = {
        d: "long" if min(p["good_first"], p["good_last"]) > p["chance"] else "not" for d, p in measured.items()
    }
    listed = ", ".join(
        f"{d} {number(places['good_first'], '.1f')} and {number(places['good_last'], '.1f')} of {places['layers']} "
        f"({number(places['chance'], '.1f')} by chance)" for d, places in measured.items()
    )  # fmt: skip
    return entry(
        "C7", "good strategies keep the first and the last layers for long",
        Reading(outcomes, "long", everywhere("long"), named(found)), nine=False,
        seeds=seeds_of(curves, measured), numbers=measured, says="good strategies remove both later than chance does",
        tie_rule="a strategy is good when its regret is below the median; one at the median is not",
        more=f"the places at which they remove the first and the last layer: {listed}" if listed else "",
    )  # fmt: skip


def _without_regret(curves: pd.DataFrame, orders: pd.DataFrame) -> list[str]:
    """The paper's strategies that lack a regret at some depth, or an order."""
    pruned = curves[curves["removed"] >= 1]
    unknown = set(pruned.loc[pruned["test_regret"].isna(), "strategy"])
    known = pruned[~pruned["strategy"].isin(unknown)]
    lacking = {*absent(known, STRATEGIES), *absent(orders, STRATEGIES)}
    return [name for name in STRATEGIES if name in lacking]


def _places(curves: pd.DataFrame, orders: pd.DataFrame) -> dict[str, Any]:
    """Which strategies are good, and the mean places at which these and the others remove the first and last layer."""
    pruned = curves[(curves["removed"] >= 1) & curves["strategy"].isin(STRATEGIES)]
    regrets = pruned.groupby("strategy")["test_regret"].mean().round(12)
    good = sorted(regrets.index[regrets < regrets.median()])
    layers = int(orders["layer"].max()) + 1
    ours = orders[orders["strategy"].isin(STRATEGIES)]
    ours = ours.assign(group=np.where(ours["strategy"].isin(good), "good", "other"))
    places = ours.groupby(["group", "layer"])["removed_at"].mean()
    ends = {"first": 0, "last": layers - 1}
    found = {f"{group}_{end}": rounded(places.get((group, layer), np.nan))
             for group in ("good", "other") for end, layer in ends.items()}  # fmt: skip
    return {"good": good, "layers": layers, "chance": (layers + 1) / 2} | present(found)
