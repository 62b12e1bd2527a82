"""When each strategy removes each layer."""

from typing import Any

import pandas as pd

from slim.report.tables.curves import by_kind
from slim.subsets.paths import removed_at

RUN = ["dataset", "seed", "kind", "strategy", "draw"]


def orders(curves: pd.DataFrame) -> pd.DataFrame:
    """One row a dataset, seed, strategy, draw and layer.

    removed_at: 1 for the layer removed first .. L for the one that stays last. A path that is not nested, as the
    oracle's need not be, has no rows.
    """
    rows: list[dict[str, Any]] = []
    for key, of in curves.sort_values("removed").groupby(RUN):
        places = removed_at([list(map(int, kept.split("-"))) for kept in of["kept"]]) or {}
        run = dict(zip(RUN, key, strict=True))
        rows += [run | {"layer": layer, "removed_at": place} for layer, place in places.items()]
    table = pd.DataFrame(rows, columns=[*RUN, "layer", "removed_at"])
    return by_kind(table, ["dataset", "seed"], ["strategy", "draw", "layer"])
