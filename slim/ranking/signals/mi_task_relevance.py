"""How much a layer's vectors say about the true class."""

import numpy as np
from numpy.typing import NDArray

from slim.ranking.layer_statistics import LayerStatistics
from slim.ranking.mutual_information import mutual_information
from slim.utils.option_types import AtLeastTwo, Count, Estimator, Positive


def mi_task_relevance(
    statistics: LayerStatistics,
    *,
    estimator: Estimator = "probe",
    folds: AtLeastTwo = 5,
    components: Count | None = None,
    c: Positive = 0.1,
    neighbours: Count = 3,
    bins: AtLeastTwo = 4,
) -> NDArray[np.float64]:
    """Mutual information, in nats, of the pooled vector and the true class (arXiv:2501.03273; estimator OURS).

    Returns [L], at least 0; low is pruned first. The options are those of `slim.ranking.mutual_information`:
    `folds` and `c` belong to the "probe" estimator, `neighbours` to "neighbours", `bins` to "binned"; `components`
    is how many principal components they see, by default 64, 8 and 2.
    """
    return mutual_information(
        statistics.pooled,
        statistics.labels,
        estimator=estimator,
        folds=folds,
        components=components,
        c=c,
        neighbours=neighbours,
        bins=bins,
    )
