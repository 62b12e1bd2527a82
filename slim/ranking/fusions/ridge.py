"""Fusion by a straight line that is kept flat: least squares with an L2 penalty."""

from slim.ranking.cases import Case
from slim.ranking.fusions._fused import Fused
from slim.ranking.fusions._regression import by_name, fuse
from slim.utils.option_types import Count, Positive, Rows, Seed


def ridge(
    case: Case, *, rows: Rows = "trajectories", alpha: Positive = 1.0, sample: Count | None = None, seed: Seed = 0
) -> Fused:
    """Ridge prediction of the change of validation accuracy from the signals (arXiv:2501.03273; ridge and rows OURS).

    `alpha`: strength of the penalty, in squared standard deviations of a signal summed over rows: coefficients of
    signals that agree with each other shrink together, instead of cancelling out as in `linear_regression`, which
    see for the rest. Raises ValueError for unknown or unmeasured rows.
    """
    from sklearn.linear_model import Ridge

    def explain(line: Ridge, _: object) -> dict[str, dict[str, float]]:
        return {"coefficients": by_name(case.names, line.coef_)}

    return fuse(Ridge(alpha=alpha), case, explain, rows=rows, sample=sample, seed=seed)
