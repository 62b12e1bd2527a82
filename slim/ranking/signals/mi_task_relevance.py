"""How much a layer's vectors tell about the true class."""

import numpy as np
from numpy.typing import NDArray

from slim.ranking.layer_statistics import LayerStatistics
from slim.ranking.mutual_information import mutual_information
from slim.utils.option_types import AtLeastTwo, Count, Estimator, Positive


def mi_task_relevance(
    statistics: LayerStatistics,
    *,
    estimator: Estimator = "probe",
    cv: AtLeastTwo = 5,
    n_components: Count | None = None,
    C: Positive = 0.1,
    n_neighbors: Count = 3,
    bins: AtLeastTwo = 4,
) -> NDArray[np.float64]:
    """Mutual information, in nats, of pooled vector and true class (arXiv:2501.03273; estimators: this project).

    Returns [L], at least 0; low is pruned first. The options are those of `slim.ranking.mutual_information`: `cv`
    and `C` are for the estimator "probe", `n_neighbors` for "nearest_neighbors", `bins` for "binned"; the default of
    `n_components`, the number of principal components, is 64, 8 and 2.
    """
    return mutual_information(
        statistics.pooled,
        statistics.labels,
        estimator=estimator,
        cv=cv,
        n_components=n_components,
        C=C,
        n_neighbors=n_neighbors,
        bins=bins,
    )
