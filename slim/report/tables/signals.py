"""What every signal says of every layer, and which signals agree."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from slim.report.tables.curves import NO_SIGNAL, by_kind, kind_of

COLUMNS = ["dataset", "seed", "kind", "strategy", "layer", "score", "z"]


def signals(orders: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """One row a dataset, seed, signal and layer of the intact model, from what `rank` wrote.

    score: larger = keep, in the signal's own unit; z: the score in standard deviations from the mean over layers, 0
    for a signal that is the same in all.
    """
    rows = [
        {"dataset": run.split("/")[0], "seed": int(run.split("/")[1]), "strategy": record["strategy"]}
        | {"kind": kind_of(record["strategy"]), "layer": layer, "score": score, "z": z}
        for record in orders
        if record["strategy"] not in NO_SIGNAL
        for run, ranking in record["runs"].items()
        for layer, (score, z) in enumerate(zip(ranking["scores"][0], _z(ranking["scores"][0]), strict=True))
    ]
    return by_kind(pd.DataFrame(rows, columns=COLUMNS), ["dataset", "seed"], ["strategy", "layer"])


def _z(scores: list[float]) -> list[float]:
    values = np.array(scores, np.float64)
    spread = values.std() if np.ptp(values) > 0 else np.inf
    return [float(z) for z in (values - values.mean()) / spread]


def signal_correlations(signals: pd.DataFrame) -> pd.DataFrame:
    """One row a dataset and ordered pair of signals, from the table `signals`.

    rho: Spearman's rank correlation over layers, mean over seeds; a seed in which either signal is the same in all
    layers does not count, and rho is missing where none does.
    """
    tables = []
    for dataset, of_dataset in signals.groupby("dataset"):
        names = list(dict.fromkeys(of_dataset["strategy"]))
        by_seed = [
            of.pivot_table(index="layer", columns="strategy", values="score").corr(method="spearman")
            for _, of in of_dataset.groupby("seed")
        ]
        mean = pd.concat(by_seed).groupby(level=0).mean().reindex(index=names, columns=names)
        mean = mean.rename_axis(index="first", columns="second")
        pairs = mean.reset_index().melt("first", value_name="rho")
        tables.append(pairs.assign(dataset=dataset))
    columns = ["dataset", "first", "second", "rho"]
    return pd.concat(tables)[columns].reset_index(drop=True) if tables else pd.DataFrame(columns=columns)
