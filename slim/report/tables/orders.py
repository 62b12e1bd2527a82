"""When each strategy removes each layer."""

from typing import Any

import pandas as pd

from slim.report.tables._paths import removed_at
from slim.report.tables.curves import FAMILIES

RUN = ["dataset", "seed", "family", "strategy", "draw"]
COLUMNS = [*RUN, "layer", "removed_at"]


def orders(curves: pd.DataFrame) -> pd.DataFrame:
    """One row a run, strategy, draw and layer, from the table `curves`.

    removed_at: 1 for the layer removed first .. L for the one that stays last. A path that is not nested, as the
    oracle's need not be, has no rows.
    """
    rows: list[dict[str, Any]] = []
    for key, found in curves.sort_values("removed").groupby(RUN):
        places = removed_at([list(map(int, kept.split("-"))) for kept in found["kept"]])
        if places is not None:
            run = dict(zip(RUN, key, strict=True))
            rows += [run | {"layer": layer, "removed_at": place} for layer, place in sorted(places.items())]
    return by_family(pd.DataFrame(rows, columns=COLUMNS), ["strategy", "draw", "layer"])


def by_family(table: pd.DataFrame, then: list[str]) -> pd.DataFrame:
    """A table sorted by dataset, seed, place of the family, and further columns."""
    place = table["family"].map({family: i for i, family in enumerate(FAMILIES)})
    ordered = table.assign(_place=place).sort_values(["dataset", "seed", "_place", *then])
    return ordered.drop(columns="_place").reset_index(drop=True)
