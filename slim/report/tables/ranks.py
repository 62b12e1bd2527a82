"""How strategies rank over datasets and seeds, and whether the ranks differ by more than chance."""

import pandas as pd

from slim.evaluation.metrics.ranks import cliques, critical_difference, friedman, ranked

COLUMNS = ["strategy", "family", "mean_rank", "blocks", "strategies", "friedman_p", "critical_difference"]
BLOCK = ["dataset", "seed"]


def ranks(curves: pd.DataFrame) -> pd.DataFrame:
    """One row a strategy, best first, from the table `curves`; the oracle, which is no competitor, is left out.

    mean_rank: over blocks, of the rank (1 = best, ties share) of the mean test accuracy over k >= 1 layers removed
    blocks: the pairs of dataset and seed in which every strategy was measured; strategies: how many are ranked
    friedman_p: of the hypothesis that all are alike (Friedman 1937)
    critical_difference: Nemenyi's, alpha .05 (Demsar 2006, JMLR 7); it and p are missing below two blocks
    Seeds of one dataset share its test items: where they make up most of the blocks, p and the difference are small
    for this dataset, and say little of others.
    """
    found = curves[(curves["removed"] >= 1) & (curves["strategy"] != "oracle")]
    means = found.pivot_table(index=BLOCK, columns="strategy", values="test_accuracy", aggfunc="mean").dropna()
    methods, blocks = means.shape[1], len(means)
    table = pd.DataFrame({
        "strategy": means.columns,
        "mean_rank": ranked(means.round(12).to_numpy()).mean(axis=0) if blocks else float("nan"),
        "blocks": blocks,
        "strategies": methods,
    })  # fmt: skip
    testable = blocks >= 2 and methods >= 2
    table["friedman_p"] = friedman(means.round(12).to_numpy()).p if testable else float("nan")
    table["critical_difference"] = critical_difference(methods, blocks) if testable else float("nan")
    family = found.drop_duplicates("strategy").set_index("strategy")["family"]
    table["family"] = table["strategy"].map(family)
    return table.sort_values(["mean_rank", "strategy"])[COLUMNS].reset_index(drop=True)


def groups(ranks: pd.DataFrame) -> list[list[str]]:
    """The maximal groups of strategies that the critical difference cannot tell apart, best first (Demsar 2006).

    The bars of a critical-difference diagram; none where there is no critical difference.
    """
    if ranks.empty or ranks["critical_difference"].isna().any():
        return []
    return cliques(dict(zip(ranks["strategy"], ranks["mean_rank"], strict=True)), ranks["critical_difference"].iloc[0])
