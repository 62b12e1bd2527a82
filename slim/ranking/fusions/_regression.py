"""What the learned fusions share: fit on removals, predict what each removal costs, order the layers by it."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slim.ranking.cases import Case, Unmeasured
from slim.ranking.fusions._fused import Fused, scheduled
from slim.ranking.removals import Removals, check, removals, standardised

Explain = Callable[[Any, Removals], dict[str, Any]]
"""(fitted model, its rows) -> what the model learned, by name."""

FOLDS = 5
SHUFFLES = 5
"""How often each signal is shuffled for its permutation importance."""


def fuse(model: Any, case: Case, explain: Explain, *, rows: str, sample: int | None, seed: int) -> Fused:
    """Layers in the order of the accuracy the model predicts without them (arXiv:2501.03273).

    `model` is an unfitted scikit-learn regressor; scores are predicted changes of validation accuracy of the intact
    model; under the iterative schedule each removal is predicted from the signals measured on the layers left.
    `fit` has the numbers of rows and evaluations, each R2 that can be measured, and what `explain` adds.
    """
    check(case)
    data = removals(case, rows, sample=sample, seed=seed)
    fit: dict[str, Any] = {"rows": len(data.target), "evaluations": data.evaluations} | held_out_fit(model, data)
    model.fit(data.features, data.target)
    fit |= r2("r2_in_sample", model, data)
    if rows == "other_datasets":
        fit |= fit_here(model, case)
    path, keep = scheduled(case, lambda signals: -model.predict(standardised(signals)))
    return Fused(path=path, scores=(-keep).tolist(), fit=fit | explain(model, data))


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


def fit_here(model: Any, case: Case) -> dict[str, float]:
    """Share of variance explained over all measured removals of this dataset, never learned from (`r2_here`).

    Empty where it cannot be measured: without such removals, or when none differs from another.
    """
    try:
        return r2("r2_here", model, removals(case, "lattice"))
    except Unmeasured:
        return {}


def r2(name: str, model: Any, data: Removals) -> dict[str, float]:
    """Share of the target's variance that a fitted model explains, by name; empty when no removal differs."""
    return {name: float(model.score(data.features, data.target))} if np.ptp(data.target) > 0 else {}


def importances(names: list[str], seed: int) -> Explain:
    """What to say of fitted trees.

    `importances`: see `permutation_importances`; `impurity_importances`: the trees' own, summing to 1.
    """
    return lambda trees, data: {
        "importances": by_name(names, permutation_importances(trees, data, seed)),
        "impurity_importances": by_name(names, trees.feature_importances_),
    }


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
    drops: NDArray[np.float64] = worse / variance if variance > 0 else np.zeros(signals)
    return drops


def by_name(names: list[str], values: NDArray[np.float64]) -> dict[str, float]:
    """One value a signal, by its name. Raises ValueError when their numbers differ."""
    if len(names) != len(values):
        raise ValueError(f"{len(names)} names for {len(values)} signals")
    return {name: float(value) for name, value in zip(names, values, strict=True)}
