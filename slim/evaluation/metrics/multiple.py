"""p-values of many questions asked at once."""

from collections.abc import Sequence

import numpy as np


def holm(p: Sequence[float]) -> list[float]:
    """Holm's step-down adjusted p-values, in the order given (Holm 1979, Scand. J. Statist. 6:65).

    Rejecting where they are at most alpha keeps the chance of any false rejection at most alpha, whatever the
    p-values have to do with one another. Raises ValueError unless all lie in [0, 1].
    """
    values = np.asarray(p, np.float64)
    if values.ndim != 1 or not ((values >= 0) & (values <= 1)).all():
        raise ValueError(f"holm needs p-values in [0, 1], got {list(p)}")
    order = np.argsort(values, kind="stable")
    steps = np.minimum(1.0, np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1)))
    adjusted = np.empty_like(steps)
    adjusted[order] = steps
    return [float(value) for value in adjusted]
