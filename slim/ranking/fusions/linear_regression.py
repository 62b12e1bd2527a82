"""Fusion by least squares: predict what a removal costs from the layer's signals."""

from slim.ranking.fusion import FusionResult
from slim.ranking.fusion_input import FusionInput
from slim.ranking.regression import coefficients, fit_and_rank
from slim.utils.option_types import Count, Seed, TrainingRows


def linear_regression(
    inputs: FusionInput, *, rows: TrainingRows = "trajectories", sample: Count | None = None, seed: Seed = 0
) -> FusionResult:
    """Least-squares prediction of the change of validation accuracy from the signals (arXiv:2501.03273).

    `rows`, `sample`, `seed`: the removals learned from (`slim.ranking.removals.removals`; this project). With
    leave_one_out and at least as many signals as layers the fit is exact: its order is the measured one. Diagnostics:
    `slim.ranking.regression.coefficients`. Raises ValueError for unknown or unmeasured rows.
    """
    from sklearn.linear_model import LinearRegression

    explain = coefficients(inputs.names)
    return fit_and_rank(LinearRegression(), inputs, explain, rows=rows, sample=sample, seed=seed)
