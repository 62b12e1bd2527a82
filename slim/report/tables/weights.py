"""Which signals the learned fusions lean on: every weight, not only the heaviest."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

KEYS = ["dataset", "seed", "fusion", "kind"]
COLUMNS = [*KEYS, "signal", "weight"]
KINDS = ("coefficients", "importances")
"""Change of accuracy per standard deviation of the signal; loss of R2 when the signal is shuffled."""


def weights(records: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """One row a run, fusion and signal. `records` have `dataset`, `fusion`, `seed` and `fit`, as those of `fits`.

    A fusion that weighs no signals has no rows.
    """
    rows = [
        {key: record[key] for key in ("dataset", "seed", "fusion")}
        | {"kind": kind, "signal": signal, "weight": weight}
        for record in records
        for kind in KINDS
        for signal, weight in record["fit"].get(kind, {}).items()
    ]
    return pd.DataFrame(rows, columns=COLUMNS).sort_values([*KEYS, "signal"]).reset_index(drop=True)
