"""Every measured model, one row each."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from slim.evaluation.metrics._catalogue import CATALOGUE

KEYS = ["dataset", "seed", "model", "strategy", "student", "layers", "kept", "n", "max_tokens", "precision"]
"""What a row is about: which model on how many test items, cut where, and the number format of its products."""
COLUMNS = [*KEYS, *CATALOGUE]
COUNTS = ["seed", "layers", "n", "max_tokens", "parameters", "encoder_parameters", "bytes", "tokenizer_bytes"]
MODELS = ["tfidf_linear", "teacher", "pruned", "hard_labels", "distilled"]


def results(records: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """One row a record, columns KEYS then the catalogue's metrics; a key a record lacks is missing in its row.

    Keys that are neither stay in the record's own file. Raises ValueError when a record has no dataset, seed or model.
    """
    records = [record | {"kept": _kept(record.get("kept"))} for record in records]
    for record in records:
        if absent := [key for key in ("dataset", "seed", "model") if key not in record]:
            raise ValueError(f"a record of the results has no {', '.join(absent)}: {record}")
    table = pd.DataFrame(records).reindex(columns=COLUMNS)
    table = table.astype(dict.fromkeys(COUNTS, "Int64") | dict.fromkeys(_floats(), "float64"))
    order = table["model"].map({model: place for place, model in enumerate(MODELS)}).fillna(len(MODELS))
    table = table.assign(_order=order).sort_values(["dataset", "seed", "_order", "model", "student"])
    return table.drop(columns="_order").reset_index(drop=True)


def _floats() -> list[str]:
    return [name for name in CATALOGUE if name not in COUNTS]


def _kept(kept: str | list[int] | None) -> str | None:
    return "-".join(map(str, kept)) if isinstance(kept, list) else kept
