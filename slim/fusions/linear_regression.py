"""Fusion by a straight line: predict what a removal costs from the layer's signals."""

import numpy as np
from numpy.typing import NDArray

from slim.fusions._fused import Fused
from slim.fusions._regression import by_name, fuse
from slim.lattice import Lattice
from slim.options import NotNegative, Rows


def linear_regression(
    signals: NDArray[np.float64],
    names: list[str],
    lattice: Lattice,
    *,
    rows: Rows = "trajectories",
    ridge: NotNegative = 0.0,
) -> Fused:
    """Least-squares prediction of the change of validation accuracy from signals [L, S] (arXiv:2501.03273; rows OURS).

    `rows`: the removals learned from (`slim.removals.ROWS`). `ridge`: strength of an L2 penalty, 0 for none.
    With leave_one_out and no fewer signals than layers it interpolates: its order is the measured one. Coefficients
    are changes of accuracy per standard deviation of a signal. Raises ValueError for unknown rows.
    """
    from sklearn.linear_model import LinearRegression, Ridge

    model = Ridge(alpha=ridge) if ridge > 0 else LinearRegression()
    return fuse(model, signals, lattice, rows, lambda fitted, _: {"coefficients": by_name(names, fitted.coef_)})
