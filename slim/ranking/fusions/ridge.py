"""Fusion by ridge regression: least squares with an L2 penalty."""

from slim.ranking.fusion import FusionResult
from slim.ranking.fusion_input import FusionInput
from slim.ranking.regression import coefficients, fit_and_rank
from slim.utils.option_types import Count, Positive, Seed, TrainingRows


def ridge(
    inputs: FusionInput,
    *,
    rows: TrainingRows = "trajectories",
    alpha: Positive = 1.0,
    sample: Count | None = None,
    seed: Seed = 0,
) -> FusionResult:
    """Ridge prediction of the change of validation accuracy from the signals (arXiv:2501.03273; ridge: this project).

    `alpha`: strength of the penalty, as in scikit-learn: coefficients of signals that agree with each other shrink
    together, instead of cancelling out as in `linear_regression`, which explains the other options. Raises ValueError
    for unknown or unmeasured rows.
    """
    from sklearn.linear_model import Ridge

    explain = coefficients(inputs.names)
    return fit_and_rank(Ridge(alpha=alpha), inputs, explain, rows=rows, sample=sample, seed=seed)
