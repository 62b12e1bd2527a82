"""What the learned fusions share: fit on removals, predict what each removal costs, order the layers by it."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slim.ranking.fusion import FusionResult, removal_path
from slim.ranking.fusion_input import FusionInput, NotMeasuredError
from slim.ranking.removals import Removals, check_signals, removals, standardised

Explain = Callable[[Any, Removals], dict[str, Any]]
"""(fitted model, its training rows) -> the weights of the signals, by name."""

CV = 5
"""The number of folds, where there are as many groups of rows."""
N_REPEATS = 5
"""The number of permutations of each signal for its importance."""


def fit_and_rank(
    model: Any, inputs: FusionInput, explain: Explain, *, rows: str, sample: int | None, seed: int
) -> FusionResult:
    """Layers in the order of the accuracy that the model predicts without them (arXiv:2501.03273).

    `model` is an unfitted scikit-learn regressor; scores are predicted changes of validation accuracy of the intact
    model; under the iterative schedule each removal is predicted from the signals of the layers left. `fit` has the
    numbers of rows and evaluations, and R2 on the training rows (`r2_in_sample`) or on this dataset (`r2_here`);
    the diagnostics have R2 on held-out rows and what `explain` returns. Raises ValueError for signals that do not fit
    the lattice or unknown rows, NotMeasuredError for rows that were not measured.
    """
    check_signals(inputs)
    data = removals(inputs, rows, sample=sample, seed=seed)
    model.fit(data.features, data.target)
    fit: dict[str, Any] = {"rows": len(data.target), "evaluations": data.evaluations}
    fit |= r2("r2_in_sample", model, data)
    if rows == "other_datasets":
        fit |= r2_here(model, inputs)
    path, keep = removal_path(inputs, lambda signals: -model.predict(standardised(signals)))
    return FusionResult(path, (-keep).tolist(), fit, lambda: held_out_r2(model, data) | explain(model, data))


def held_out_r2(model: Any, data: Removals) -> dict[str, float]:
    """Share of the target's variance explained over all held-out rows, whole groups held out (`r2_out_of_sample`).

    Empty where it cannot be measured: with one group only, or when all removals cost the same.
    """
    from sklearn.metrics import r2_score
    from sklearn.model_selection import GroupKFold, cross_val_predict

    groups = len(np.unique(data.groups))
    if groups < 2 or np.ptp(data.target) == 0:
        return {}
    cv = GroupKFold(min(CV, groups))
    predicted = cross_val_predict(model, data.features, data.target, groups=data.groups, cv=cv)
    return {"r2_out_of_sample": float(r2_score(data.target, predicted))}


def r2_here(model: Any, inputs: FusionInput) -> dict[str, float]:
    """Share of variance explained over all measured removals of this dataset, which the model did not learn from.

    Empty where it cannot be measured: without such removals, or when all cost the same.
    """
    try:
        return r2("r2_here", model, removals(inputs, "lattice"))
    except NotMeasuredError:
        return {}


def r2(name: str, model: Any, data: Removals) -> dict[str, float]:
    """Share of the target's variance that a fitted model explains, by name; empty when all removals cost the same."""
    return {name: float(model.score(data.features, data.target))} if np.ptp(data.target) > 0 else {}


def importances(names: list[str], seed: int, scoring: Callable[..., float] | None = None) -> Explain:
    """Explains fitted trees by permutation `importances` and by `impurity_importances`, which sum to 1.

    A permutation importance is the fall of R2 on the training rows when one signal is permuted, mean over N_REPEATS
    permutations; 0 where all removals cost the same. `scoring`: a faster way to the model's R2.
    """

    def explain(trees: Any, data: Removals) -> dict[str, Any]:
        from sklearn.inspection import permutation_importance

        falls = np.zeros(data.features.shape[1])
        if np.ptp(data.target) > 0:
            falls = permutation_importance(
                trees,
                data.features,
                data.target,
                scoring=scoring,
                n_repeats=N_REPEATS,
                n_jobs=1,
                random_state=seed,
            ).importances_mean
        return {
            "importances": by_name(names, falls),
            "impurity_importances": by_name(names, trees.feature_importances_),
        }

    return explain


def coefficients(names: list[str]) -> Explain:
    """Explains a fitted linear model by its `coefficients`: changes of accuracy per standard deviation of a signal."""
    return lambda model, _: {"coefficients": by_name(names, model.coef_)}


def by_name(names: list[str], values: NDArray[np.float64]) -> dict[str, float]:
    """One value a signal, by its name."""
    return {name: float(value) for name, value in zip(names, values, strict=True)}
