"""Which names, datasets and seeds have rows in a table."""

from collections.abc import Iterable

import pandas as pd

from slim.report.tables._format import words


def absent(table: pd.DataFrame, names: Iterable[str], column: str = "strategy") -> list[str]:
    """The names that have no row."""
    present = set(table[column])
    return [name for name in names if name not in present]


def named(missing: dict[str, list[str]]) -> dict[str, str]:
    return {dataset: ", ".join(map(words, names)) for dataset, names in missing.items() if names}


def datasets_of(table: pd.DataFrame) -> list[str]:
    return sorted(map(str, table["dataset"].unique()))


def seeds_of(table: pd.DataFrame, datasets: Iterable[str]) -> list[int]:
    return sorted(map(int, table.loc[table["dataset"].isin(list(datasets)), "seed"].unique()))
