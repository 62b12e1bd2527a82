"""What each fusion learns from each kind of removals, and whether searching without signals does better."""

from collections.abc import Iterable, Iterator
from typing import Any

import pandas as pd

from slim.report.tables.curves import family_of
from slim.report.tables.fits import MEASURED

KEYS = ["dataset", "seed", "fusion", "rows"]
REGRETS = ["test_regret", "greedy_test_regret", "random_test_regret"]
R2 = [name for name in MEASURED if name.startswith("r2_")]
COLUMNS = [*KEYS, "in_use", "fitted", "evaluations", *REGRETS, *R2]


def learned(fused: Iterable[dict[str, Any]], search: pd.DataFrame) -> pd.DataFrame:
    """One row a run, fusion and kind of rows, from the records of `fuse` and the table `search`.

    rows: the removals learned from; blank for a fusion that learns from none. in_use: whether params.yaml asks for
        them; the others are variants
    fitted: how many removals these were; evaluations: subsets whose validation accuracy had to be measured
    test_regret: of the fusion; greedy_, random_test_regret: of greedy, and of drawing subsets at random, stopped at
        as many evaluations (shares, mean over sizes L-1 .. 1, as in `search`)
    r2_*: as in the table `fits`
    """
    records = list(fused)
    names = [record["strategy"] for record in records]
    rows = [row for record in records if family_of(record["strategy"], names) == "fusion" for row in _of(record)]
    table = pd.DataFrame(rows).reindex(columns=[column for column in COLUMNS if column not in REGRETS])
    found = search.rename(columns={"method": "fusion"}).assign(rows=search["rows"].fillna(""))
    table = table.merge(found[[*KEYS, *REGRETS[:2]]], on=KEYS, how="left")
    drawn = search[search["method"] == "random"].rename(columns={"test_regret": REGRETS[2]})
    run = ["dataset", "seed", "evaluations"]
    table = table.astype({"fitted": "Int64", "evaluations": "Int64"}).merge(
        drawn[[*run, REGRETS[2]]], on=run, how="left"
    )
    order = ["dataset", "seed", "fusion", "_variant", "rows"]
    return table.assign(_variant=~table["in_use"].astype(bool)).sort_values(order)[COLUMNS].reset_index(drop=True)


def _of(record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    others = [(v["value"], False, v) for v in record.get("variants", []) if v["option"] == "rows"]
    for rows, in_use, content in [(record.get("options", {}).get("rows") or "", True, record), *others]:
        for run in content["runs"]:
            dataset, seed = run.split("/")
            fit = content.get("fit", {}).get(run, {})
            known = {name: fit[name] for name in ("evaluations", *R2) if name in fit}
            known |= {"fitted": fit["rows"]} if "rows" in fit else {}
            yield (
                {"dataset": dataset, "seed": int(seed), "fusion": record["strategy"], "rows": rows}
                | known
                | {"in_use": in_use}
            )
