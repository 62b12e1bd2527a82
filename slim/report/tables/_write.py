"""Writing tables so that the same measurements are the same bytes, and what was not measured is blank."""

from pathlib import Path

import pandas as pd

from slim.utils.io import written_aside


def write_table(table: pd.DataFrame, path: str | Path) -> None:
    """CSV with six significant digits, `\\n` line ends and blanks for what is missing."""
    with written_aside(path) as aside:
        table.to_csv(aside, index=False, float_format="%.6g", na_rep="", lineterminator="\n", encoding="utf-8")


def write_tables(tables: dict[str, pd.DataFrame], folder: str | Path) -> None:
    """`<name>.csv` in a folder, for each table; other files of the folder stay."""
    for name, table in tables.items():
        write_table(table, Path(folder) / f"{name}.csv")
