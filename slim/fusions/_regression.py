"""What the learned fusions share: fit on removals, predict the intact model's layers, order them."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slim.fusions._fused import Fused
from slim.lattice import Lattice
from slim.orders import path, removal_order
from slim.removals import Removals, removals, standardised

Explain = Callable[[Any, Removals], dict[str, Any]]
"""(fitted model, its rows) -> what the model learned, by name."""

FOLDS = 5


def fuse(model: Any, signals: NDArray[np.float64], lattice: Lattice, rows: str, explain: Explain) -> Fused:
    """Layers of the intact model, in the order of the accuracy the model predicts without them (arXiv:2501.03273).

    `model` is an unfitted scikit-learn regressor; signals [L, S]; scores are predicted changes of validation accuracy.
    `fit` has the numbers of rows and evaluations, both R2, and what `explain` adds.
    """
    data = removals(signals, lattice, rows)
    fit: dict[str, Any] = {"rows": len(data.target), "evaluations": data.evaluations} | held_out_fit(model, data)
    model.fit(data.features, data.target)
    if np.ptp(data.target) > 0:
        fit["r2_in_sample"] = float(model.score(data.features, data.target))
    predicted = model.predict(standardised(signals, range(lattice.layers)))
    order = removal_order(predicted, "high")
    return Fused(path=path(order), scores=predicted.tolist(), fit=fit | explain(model, data))


def held_out_fit(model: Any, data: Removals) -> dict[str, float]:
    """Share of the target's variance explained over all held-out rows, whole groups held out (`r2_out_of_sample`).

    Empty where it cannot be measured: with one group only, or when no removal differs from another.
    """
    from sklearn.metrics import r2_score
    from sklearn.model_selection import GroupKFold, cross_val_predict

    groups = len(np.unique(data.groups))
    if groups < 2 or np.ptp(data.target) == 0:
        return {}
    folds = GroupKFold(min(FOLDS, groups))
    predicted = cross_val_predict(model, data.features, data.target, groups=data.groups, cv=folds)
    return {"r2_out_of_sample": float(r2_score(data.target, predicted))}


def by_name(names: list[str], values: NDArray[np.float64]) -> dict[str, float]:
    """One value a signal, by its name. Raises ValueError when their numbers differ."""
    if len(names) != len(values):
        raise ValueError(f"{len(names)} names for {len(values)} signals")
    return {name: float(value) for name, value in zip(names, values, strict=True)}
