"""The models that come of random_forest's subset."""

import pandas as pd

from slim.report.claims._rows import absent, datasets_of

MODELS = ("teacher", "pruned", "distilled")


def of_forest(results: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, list[str]]]:
    """Teacher, pruned and distilled by random_forest, of the runs that have all three; dataset -> models it lacks."""
    ours = (results["model"] == "teacher") | (results["strategy"] == "random_forest")
    rows = results[ours & results["model"].isin(MODELS) & results["accuracy"].notna()]
    slot = rows["student"].fillna("") != "random_forest"
    rows = rows.assign(_slot=slot).sort_values(["dataset", "seed", "model", "_slot", "student"])
    rows = rows.drop_duplicates(["dataset", "seed", "model"]).drop(columns="_slot")
    complete = rows[rows.groupby(["dataset", "seed"])["model"].transform("nunique") == len(MODELS)]
    found = {d: absent(rows[rows["dataset"] == d], MODELS, column="model") for d in datasets_of(results)}
    partly = {d for d, missing in found.items() if not missing} - set(datasets_of(complete))
    return complete, found | {d: ["a seed with all three models"] for d in partly}
