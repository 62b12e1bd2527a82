"""How strategies rank over datasets and seeds, and whether the ranks differ by more than chance."""

import pandas as pd

from slim.evaluation.rank_tests import friedman
from slim.report.tables.comparisons import FEWEST_SEEDS

COLUMNS = ["strategy", "kind", "mean_rank", "blocks", "friedman_p"]


def ranks(curves: pd.DataFrame) -> pd.DataFrame:
    """One row a strategy, best first; the oracle, which is no competitor, is left out.

    mean_rank: over blocks, of the rank (1 = best, ties share) of the mean test accuracy over k >= 1 layers removed
    blocks: the pairs of dataset and seed in which every strategy was measured
    friedman_p: of the hypothesis that all are alike; missing with fewer than three seeds. Seeds of one dataset share
        its test items: where they make up most blocks, p says little about other datasets.
    """
    rows = curves[(curves["removed"] >= 1) & (curves["strategy"] != "oracle")]
    means = rows.pivot_table(index=["dataset", "seed"], columns="strategy", values="test_accuracy").dropna()
    table = pd.DataFrame({"strategy": means.columns, "blocks": len(means)})
    table["mean_rank"] = means.round(12).rank(axis=1, ascending=False).mean().to_numpy()
    tested = curves["seed"].nunique() >= FEWEST_SEEDS and len(means) > 1 and means.shape[1] > 2
    table["friedman_p"] = friedman(means.round(12).to_numpy()).p if tested else float("nan")
    table["kind"] = table["strategy"].map(rows.drop_duplicates("strategy").set_index("strategy")["kind"])
    return table.sort_values(["mean_rank", "strategy"])[COLUMNS].reset_index(drop=True)
