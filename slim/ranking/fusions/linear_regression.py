"""Fusion by a straight line: predict what a removal costs from the layer's signals."""

from slim.ranking.cases import Case
from slim.ranking.fusions._fused import Fused
from slim.ranking.fusions._regression import by_name, fuse
from slim.utils.option_types import Count, Rows, Seed


def linear_regression(
    case: Case, *, rows: Rows = "trajectories", sample: Count | None = None, seed: Seed = 0
) -> Fused:
    """Least-squares prediction of the change of validation accuracy from the signals (arXiv:2501.03273; rows OURS).

    `rows`, `sample`, `seed`: the removals learned from (`slim.ranking.removals.removals`). With leave_one_out and no
    fewer
    signals than layers it interpolates: its order is the measured one. Coefficients are changes of accuracy per
    standard deviation of a signal. Raises ValueError for unknown or unmeasured rows.
    """
    from sklearn.linear_model import LinearRegression

    def explain(line: LinearRegression, _: object) -> dict[str, dict[str, float]]:
        return {"coefficients": by_name(case.names, line.coef_)}

    return fuse(LinearRegression(), case, explain, rows=rows, sample=sample, seed=seed)
