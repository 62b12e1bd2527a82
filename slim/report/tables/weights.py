"""Which signals the learned fusions rely on."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

COLUMNS = ["dataset", "seed", "fusion", "unit", "signal", "weight"]
UNITS = ("coefficients", "importances")
"""Change of accuracy per standard deviation of the signal; loss of R2 when the signal is permuted."""


def weights(fused: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """One row a dataset, seed, fusion and signal, from what `fuse` wrote; fusions that weigh no signals have none."""
    rows = [
        {"dataset": run.split("/")[0], "seed": int(run.split("/")[1]), "fusion": record["strategy"]}
        | {"unit": unit, "signal": signal, "weight": weight}
        for record in fused
        for run, fit in record.get("fit", {}).items()
        for unit in UNITS
        for signal, weight in fit.get(unit, {}).items()
    ]
    return pd.DataFrame(rows, columns=COLUMNS).sort_values(COLUMNS[:5]).reset_index(drop=True)
