"""What the sentences of the study share: places, budgets, correlations and p-values as people read them."""

from collections.abc import Iterable, Iterator, Mapping, Sized
from typing import Any

import pandas as pd

from slim.report.study._read import NONE
from slim.report.study.recovery_correlations import ALL
from slim.report.tables._format import interval, number, points

ALPHA = 0.05
"""p-values below it are said to show something."""
RUN = ["dataset", "seed"]
Row = Mapping[str, Any]


class Known:
    """What all sentences refer to, from the table `recovered`."""

    def __init__(self, recovered: pd.DataFrame) -> None:
        self.after = {row["budget"]: _after(row) for row in rows(recovered.drop_duplicates("budget"))}
        """budget -> `after 50 steps`, in the order of params.yaml."""
        whole = recovered[recovered["layers"] == recovered.groupby(RUN)["layers"].transform("max")]
        self.layers = {(row["dataset"], row["seed"]): int(row["layers"]) for row in rows(whole)}
        """(dataset, seed) -> L."""
        self.intact = {(row["dataset"], row["seed"], row["budget"]): row["test_accuracy"] for row in rows(whole)}
        """(dataset, seed, budget) -> test accuracy of the model that lost no layer."""

    def place(self, row: Row, size: int | None = None) -> str:
        """`library, seed 1, 3 of 6 layers`; the seed only where there are several."""
        of = [count for (dataset, _), count in self.layers.items() if row["dataset"] in (dataset, ALL)]
        parts = ["all datasets" if row["dataset"] == ALL else str(row["dataset"])]
        several = len({seed for _, seed in self.layers}) > 1
        parts += [f"seed {row['seed']}"] if several and row["dataset"] != ALL else []
        parts += [] if size is None else [f"{size} of {of[0]} layers" if len(set(of)) == 1 else f"{size} layers"]
        return ", ".join(parts)


def at_last(table: pd.DataFrame, size: str) -> pd.DataFrame:
    """The rows after the last budget, in the table's order, that each number of layers (a column) was trained for."""
    return table[table["budget"] == table.groupby(size)["budget"].transform("last")]


def _after(row: Row) -> str:
    if row["budget"] == NONE:
        return "before recovery"
    unit: str = "step" if pd.notna(row["steps"]) else "epoch"
    count = row[f"{unit}s"]
    return f"after {count:g} {unit}{'' if count == 1 else 's'}"


def rows(table: pd.DataFrame) -> list[Row]:
    """A table's rows, by column."""
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def groups(table: pd.DataFrame, *more: str) -> Iterator[pd.DataFrame]:
    """The parts of a table, in its order, by run and further columns."""
    yield from (of for _, of in table.groupby([*RUN, *more], sort=False, dropna=False))


def gain(row: Row, name: str) -> str:
    """A difference in points with its interval, from the columns NAME, NAME_low and NAME_high."""
    return f"{points(row[name])} points {interval(row[f'{name}_low'], row[f'{name}_high'], points)}".strip()


def rho(row: Row) -> str:
    """A rank correlation with its interval."""
    return f"{_two(row['rho'])} {interval(row['low'], row['high'], _two)}".strip()


def _two(value: Any) -> str:
    return number(value, ".2f")


def many(things: Sized, name: str) -> str:
    """`1 depth`, `3 depths`."""
    return f"{len(things)} {name}{'' if len(things) == 1 else 's'}"


def series(parts: Iterable[str]) -> str:
    """`a, b and c`."""
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last
