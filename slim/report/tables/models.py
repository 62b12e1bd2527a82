"""The measured models of each dataset, averaged over seeds."""

import pandas as pd

from slim.evaluation.metrics._catalogue import CATALOGUE
from slim.report.tables.results import MODELS

COLUMNS = ["dataset", "model", "student", "strategy", "seeds", "layers", "max_tokens", *CATALOGUE]


def models(results: pd.DataFrame) -> pd.DataFrame:
    """One row a dataset, model and student; every metric is its mean over seeds.

    The mean of the seeds' intervals covers at least as often as each of them does: it holds the sampling of test
    items, and nothing of the spread between seeds. p-values are left out, since they do not average.
    """
    keys = ["dataset", "model", "student"]
    table = results.assign(student=results["student"].fillna(""), strategy=results["strategy"].fillna(""))
    groups = table.groupby(keys, sort=False)
    means = groups[["layers", "max_tokens", *CATALOGUE]].mean()
    means["strategy"] = groups["strategy"].agg(lambda names: " / ".join(sorted(set(names))))
    means["seeds"] = groups["seed"].nunique()
    means = means.reset_index().astype(dict.fromkeys(["layers", "max_tokens", *CATALOGUE], "float64"))
    for column in [name for name in CATALOGUE if name.endswith("_p")]:
        means[column] = float("nan")
    place = means["model"].map({model: i for i, model in enumerate(MODELS)}).fillna(len(MODELS))
    means = means.assign(_place=place).sort_values(["dataset", "student", "_place", "model"])
    return means[COLUMNS].reset_index(drop=True)
