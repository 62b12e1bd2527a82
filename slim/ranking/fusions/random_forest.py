"""Fusion by a random forest: predict what a removal costs from the layer's signals."""

from slim.ranking.cases import Case
from slim.ranking.fusions._fused import Fused
from slim.ranking.fusions._regression import fuse, importances
from slim.utils.option_types import Count, Rows, Seed


def random_forest(
    case: Case,
    *,
    rows: Rows = "trajectories",
    trees: Count = 100,
    min_leaf: Count = 1,
    sample: Count | None = None,
    seed: Seed = 0,
) -> Fused:
    """A forest's prediction of the change of validation accuracy from the signals (arXiv:2501.03273; rows OURS).

    `rows`, `sample`: the removals learned from (`slim.ranking.removals.removals`); `min_leaf`: fewest rows in a
    leaf; `seed` draws the sample and the trees. What it learned: `slim.ranking.fusions._regression.importances`.
    Raises ValueError for unknown or unmeasured rows.
    """
    from sklearn.ensemble import RandomForestRegressor

    forest = RandomForestRegressor(trees, min_samples_leaf=min_leaf, random_state=seed, n_jobs=1)
    return fuse(forest, case, importances(case.names, seed), rows=rows, sample=sample, seed=seed)
