"""What every signal says of every layer."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from slim.ranking.removals import standardised
from slim.ranking.signals import BASELINES
from slim.report.tables.curves import family_of
from slim.report.tables.orders import by_family

COLUMNS = ["dataset", "seed", "family", "strategy", "layer", "score", "z"]


def signals(orders: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """One row a run, signal and layer of the intact model; controls, which look at nothing, are left out.

    `orders` are the records of `rank`. score: larger = keep, in the signal's own unit; z: the score in standard
    deviations from the mean over layers, 0 for a signal that is the same in all.
    """
    rows = [
        {"dataset": (at := run.split("/"))[0], "seed": int(at[1]), "strategy": record["strategy"], "layer": layer}
        | {"family": family_of(record["strategy"], ()), "score": score, "z": z}
        for record in orders
        if record["strategy"] not in BASELINES
        for run, ranking in record["runs"].items()
        for layer, (score, z) in enumerate(zip(ranking["scores"][0], _z(ranking["scores"][0]), strict=True))
    ]
    return by_family(pd.DataFrame(rows, columns=COLUMNS), ["strategy", "layer"])


def _z(scores: list[float]) -> list[float]:
    return [float(z) for z in standardised(np.array(scores, np.float64)[:, None])[:, 0]]
