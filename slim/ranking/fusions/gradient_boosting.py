"""Fusion by boosted trees: each predicts what the ones before it left over."""

from slim.ranking.cases import Case
from slim.ranking.fusions._fused import Fused
from slim.ranking.fusions._regression import fuse, importances
from slim.utils.option_types import Count, Positive, Rows, Seed


def gradient_boosting(
    case: Case,
    *,
    rows: Rows = "trajectories",
    trees: Count = 100,
    depth: Count = 2,
    learning_rate: Positive = 0.1,
    sample: Count | None = None,
    seed: Seed = 0,
) -> Fused:
    """Boosted trees' prediction of the change of validation accuracy (arXiv:2501.03273; boosting and rows OURS).

    `rows`, `sample`: the removals learned from (`slim.ranking.removals.removals`); `depth`: how many signals one
    tree can combine; `learning_rate`: what share of a tree counts; `seed` draws the sample and settles ties between
    splits.
    What it learned: `slim.ranking.fusions._regression.importances`. Raises ValueError for unknown or unmeasured rows.
    """
    from sklearn.ensemble import GradientBoostingRegressor

    boosted = GradientBoostingRegressor(
        n_estimators=trees, max_depth=depth, learning_rate=learning_rate, random_state=seed
    )
    return fuse(boosted, case, importances(case.names, seed), rows=rows, sample=sample, seed=seed)
