"""Fusion by boosted trees: each tree predicts what the trees before it left over."""

from slim.ranking.fusion import FusionResult
from slim.ranking.fusion_input import FusionInput
from slim.ranking.regression import fit_and_rank, importances
from slim.utils.option_types import Count, Positive, Seed, TrainingRows


def gradient_boosting(
    inputs: FusionInput,
    *,
    rows: TrainingRows = "trajectories",
    n_estimators: Count = 100,
    max_depth: Count = 2,
    learning_rate: Positive = 0.1,
    sample: Count | None = None,
    seed: Seed = 0,
) -> FusionResult:
    """Boosted trees' prediction of the change of validation accuracy (arXiv:2501.03273; boosting: this project).

    `rows`, `sample`: the removals learned from (`slim.ranking.removals.removals`); `n_estimators`, `max_depth`,
    `learning_rate`: as in scikit-learn; `seed` draws the sample and settles ties between splits. Diagnostics:
    `slim.ranking.regression.importances`. Raises ValueError for unknown or unmeasured rows.
    """
    from sklearn.ensemble import GradientBoostingRegressor

    boosted = GradientBoostingRegressor(
        n_estimators=n_estimators, max_depth=max_depth, learning_rate=learning_rate, random_state=seed
    )
    return fit_and_rank(boosted, inputs, importances(inputs.names, seed), rows=rows, sample=sample, seed=seed)
