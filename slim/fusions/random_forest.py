"""Fusion by a random forest: predict what a removal costs from the layer's signals."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from slim.fusions._fused import Fused
from slim.fusions._regression import by_name, fuse
from slim.lattice import Lattice
from slim.options import Count, Rows, Seed
from slim.removals import Removals

SHUFFLES = 5
"""How often each signal is shuffled for its permutation importance."""


def random_forest(
    signals: NDArray[np.float64],
    names: list[str],
    lattice: Lattice,
    *,
    rows: Rows = "trajectories",
    trees: Count = 200,
    min_leaf: Count = 1,
    seed: Seed = 0,
) -> Fused:
    """A forest's prediction of the change of validation accuracy from signals [L, S] (arXiv:2501.03273; rows OURS).

    `rows`: the removals learned from (`slim.removals.ROWS`); `min_leaf`: fewest rows in a leaf. `importances`: see
    `permutation_importances`; `impurity_importances`: the forest's own, summing to 1. Raises ValueError for unknown
    rows.
    """
    from sklearn.ensemble import RandomForestRegressor

    def explain(forest: Any, data: Removals) -> dict[str, Any]:
        return {
            "importances": by_name(names, permutation_importances(forest, data, seed)),
            "impurity_importances": by_name(names, forest.feature_importances_),
        }

    forest = RandomForestRegressor(trees, min_samples_leaf=min_leaf, random_state=seed, n_jobs=1)
    return fuse(forest, signals, lattice, rows, explain)


def permutation_importances(model: Any, data: Removals, seed: int) -> NDArray[np.float64]:
    """How much R2, on the rows learned from, falls when one signal is shuffled: mean over a few shuffles. [S].

    0 where no removal differs from another. All shuffled rows go through the model at once: many small calls are slow.
    """
    rows, signals = data.features.shape
    order = np.random.default_rng(seed).permuted(np.tile(np.arange(rows), (SHUFFLES, 1)), axis=1)
    shuffled = np.tile(data.features, (signals, SHUFFLES, 1, 1))
    for signal in range(signals):
        shuffled[signal, :, :, signal] = data.features[order, signal]
    predicted = model.predict(shuffled.reshape(-1, signals)).reshape(signals, SHUFFLES, rows)
    error = np.square(model.predict(data.features) - data.target).mean()
    worse = np.square(predicted - data.target).mean(axis=(1, 2)) - error
    variance = data.target.var()
    importances: NDArray[np.float64] = worse / variance if variance > 0 else np.zeros(signals)
    return importances
