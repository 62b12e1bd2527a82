"""What every fusion was fitted on, how well it predicts, and which signals it leans on."""

from typing import Any

import pandas as pd

KEYS = ["dataset", "fusion", "seed"]
TOP = ("first", "second", "third")
MEASURED = ("rows", "evaluations", "r2_out_of_sample", "r2_in_sample", "r2_here")
"""r2_here: on this dataset's own removals, of a fusion that learned from other datasets alone."""
COLUMNS = [
    *KEYS, *MEASURED, "kind",
    *(f"{place}{suffix}" for place in TOP for suffix in ("", "_weight")),
]  # fmt: skip


def fits(records: list[dict[str, Any]]) -> pd.DataFrame:
    """One row a dataset, fusion and seed; the three signals with the largest absolute weight.

    `records` have `dataset`, `fusion`, `seed` and `fit`, what the fusion said of itself. `kind` says
    what the weights are: coefficients or importances. A fusion that fits nothing has no row.
    """
    rows = [{key: record[key] for key in KEYS} | _fit(record["fit"]) for record in records if record["fit"]]
    table = pd.DataFrame(rows).reindex(columns=COLUMNS)
    table = table.astype(dict.fromkeys(["seed", "rows", "evaluations"], "Int64"))
    return table.sort_values(KEYS).reset_index(drop=True)


def _fit(fit: dict[str, Any]) -> dict[str, Any]:
    measured: dict[str, Any] = {key: fit[key] for key in MEASURED if key in fit}
    kind = next((kind for kind in ("coefficients", "importances") if kind in fit), None)
    if kind is None:
        return measured
    top = sorted(fit[kind].items(), key=lambda item: (-abs(item[1]), item[0]))
    named = {place: signal for place, (signal, _) in zip(TOP, top, strict=False)}
    weights = {f"{place}_weight": weight for place, (_, weight) in zip(TOP, top, strict=False)}
    return measured | {"kind": kind} | named | weights
