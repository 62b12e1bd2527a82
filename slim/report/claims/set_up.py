"""C1: the set-up."""

from itertools import pairwise
from typing import Any

import pandas as pd

from slim.report.claims._entry import entry
from slim.report.claims._paper import CONTENDERS, STRATEGIES
from slim.report.claims._reading import Reading, everywhere
from slim.report.claims._rows import absent, datasets_of, named, seeds_of


def set_up(curves: pd.DataFrame) -> dict[str, Any]:
    """C1: all strategies have a curve, and each curve removes one layer at a time."""
    by_dataset = {d: curves[curves["dataset"] == d] for d in datasets_of(curves)}
    found = {d: absent(of, CONTENDERS) for d, of in by_dataset.items()}
    outcomes = {d: _one_at_a_time(by_dataset[d]) for d, missing in found.items() if not missing}
    reading = Reading(outcomes, "one at a time", everywhere("one at a time"), named(found))
    return entry(
        "C1", "fourteen strategies and a random baseline remove layers one at a time on nine datasets", reading,
        seeds=seeds_of(curves, outcomes), tie_rule="none: nothing is compared",
        says=f"all {len(CONTENDERS)} remove one layer at a time",
        numbers={d: {"strategies": len(STRATEGIES), "layers": int(by_dataset[d]["layers"].max())} for d in outcomes},
    )  # fmt: skip


def _one_at_a_time(curves: pd.DataFrame) -> str:
    kept = curves[curves["strategy"].isin(CONTENDERS)].sort_values("removed")
    for _, path in kept.groupby(["strategy", "seed", "draw"]):
        sets = [set(layers.split("-")) for layers in path["kept"]]
        if len(sets[-1]) != 1 or not all(len(a) == len(b) + 1 and b < a for a, b in pairwise(sets)):
            return "otherwise"
    return "one at a time"
