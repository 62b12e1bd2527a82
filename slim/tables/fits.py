"""What every fusion was fitted on, how well it predicts, and which signals it leans on."""

from typing import Any

import pandas as pd

TOP = ("first", "second", "third")
COLUMNS = [
    "dataset", "fusion", "seed", "rows", "evaluations", "r2_out_of_sample", "r2_in_sample", "kind",
    *(f"{place}{suffix}" for place in TOP for suffix in ("", "_weight")),
]  # fmt: skip


def fits(fused: dict[tuple[str, str], dict[str, Any]]) -> pd.DataFrame:
    """One row a dataset, fusion and seed; the three signals with the largest absolute weight.

    `kind` says what the weights are: coefficients or importances. A fusion that fits nothing has no row.
    """
    rows = [
        {"dataset": dataset, "fusion": fusion, "seed": int(seed)} | _fit(fit)
        for (dataset, fusion), content in fused.items()
        for seed, fit in content.get("fit", {}).items()
        if fit
    ]
    table = pd.DataFrame(rows).reindex(columns=COLUMNS)
    table = table.astype(dict.fromkeys(["seed", "rows", "evaluations"], "Int64"))
    return table.sort_values(["dataset", "fusion", "seed"]).reset_index(drop=True)


def _fit(fit: dict[str, Any]) -> dict[str, Any]:
    measured: dict[str, Any] = {
        key: fit[key] for key in ("rows", "evaluations", "r2_out_of_sample", "r2_in_sample") if key in fit
    }
    kind = next((kind for kind in ("coefficients", "importances") if kind in fit), None)
    if kind is None:
        return measured
    top = sorted(fit[kind].items(), key=lambda item: (-abs(item[1]), item[0]))
    named = {place: signal for place, (signal, _) in zip(TOP, top, strict=False)}
    weights = {f"{place}_weight": weight for place, (_, weight) in zip(TOP, top, strict=False)}
    return measured | {"kind": kind} | named | weights
