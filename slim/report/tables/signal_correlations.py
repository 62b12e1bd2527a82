"""Which signals say the same."""

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata

COLUMNS = ["dataset", "first", "second", "rho"]


def signal_correlations(signals: pd.DataFrame) -> pd.DataFrame:
    """One row a dataset and ordered pair of signals, from the table `signals`.

    rho: Spearman's rank correlation over layers, mean over seeds; a seed in which either signal is the same in all
    layers does not count, and rho is missing where none does. Signals keep the order of the table.
    """
    rows: list[dict[str, Any]] = []
    for dataset, found in signals.groupby("dataset"):
        names = list(found["strategy"].unique())
        by_seed = [
            of.pivot_table(index="layer", columns="strategy", values="score") for _, of in found.groupby("seed")
        ]
        rho = _means([_spearman(table.reindex(columns=names).to_numpy()) for table in by_seed])
        rows += [
            {"dataset": dataset, "first": first, "second": second, "rho": rho[i, j]}
            for i, first in enumerate(names)
            for j, second in enumerate(names)
        ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _spearman(scores: np.ndarray) -> np.ndarray:
    """[S, S] of scores [L, S]; NaN where a signal is constant."""
    ranks = rankdata(scores, axis=0)
    deviation = ranks - ranks.mean(axis=0)
    norm = np.sqrt(np.square(deviation).sum(axis=0))
    flat = norm == 0
    rho = deviation.T @ deviation / np.where(flat[:, None] | flat, np.nan, np.outer(norm, norm))
    return np.clip(rho, -1, 1)


def _means(tables: list[np.ndarray]) -> np.ndarray:
    """Cell by cell, over the tables in which the cell is known; NaN where it is in none."""
    stacked = np.array(tables)
    known = ~np.isnan(stacked)
    count = known.sum(axis=0)
    return np.where(count > 0, np.where(known, stacked, 0).sum(axis=0) / np.maximum(count, 1), np.nan)
