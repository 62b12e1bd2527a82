"""A user's own CSV, TSV, JSONL or Parquet files."""

from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import pandas as pd
from pandas import DataFrame

from slim.datasets._table import Tables, check, distinct, numbered, shuffled, tidy

READERS: dict[str, Callable[[Path], DataFrame]] = {
    ".csv": lambda path: pd.read_csv(path, dtype=str, keep_default_na=False),
    ".tsv": lambda path: pd.read_csv(path, dtype=str, keep_default_na=False, sep="\t"),
    ".jsonl": lambda path: pd.read_json(path, lines=True, dtype=False),
    ".parquet": pd.read_parquet,
}
"""How a file is read, by its suffix."""


def files(
    *,
    train: str,
    test: str,
    path: str = "",
    validation: str | None = None,
    unlabelled: str | None = None,
    text: str = "text",
    label: str = "label",
    train_rows: int | None = None,
    validation_rows: int | None = None,
    test_rows: int | None = None,
    unlabelled_rows: int | None = None,
    validation_share: float = 0.1,
    seed: int = 0,
) -> Tables:
    """The rows of two to four files, cleaned.

    `path` is the folder that they lie in; `text` and `label` name their columns. Without `validation`,
    `validation_share` of each class of train is set aside for it. `*_rows` keep at most so many rows of a split, with
    its proportions of classes. Rows without text or label go, and so do texts that a later split (train, validation,
    test) has too. `unlabelled` is a file of further texts for the teacher to label (its labels, if any, are not
    read); those that stand in a split go. Classes are numbered in the order of their names (as numbers, if all of
    them are). Raises ValueError, in one line, when a file cannot be used.
    """
    names = {"train": train, "validation": validation, "test": test, "unlabelled": unlabelled}
    paths = {split: None if name is None else str(Path(path) / name) for split, name in names.items()}
    further = paths.pop("unlabelled")
    dropped: dict[str, int] = {}
    splits: dict[str, DataFrame] = {}
    for name, file in paths.items():
        if file is not None:
            splits[name] = _filled(_named(_read(file, [text, label])), name, dropped)
            if splits[name].empty:
                raise ValueError(f"{file} has no row with both a '{text}' and a '{label}': fill it")
    if validation is None:
        splits["train"], splits["validation"] = _cut(splits["train"], validation_share, seed)
    splits, twins = distinct(splits, also_near=False)
    more = [] if further is None else _unlabelled(_read(further, [text])[text], splits, dropped)
    rows = {"train": train_rows, "validation": validation_rows, "test": test_rows}
    splits = {name: _some(frame, rows[name], seed) for name, frame in splits.items()}
    labels = _ordered(set(splits["train"]["label"]))
    for name, frame in splits.items():
        unknown = _ordered(set(frame["label"]) - set(labels))
        if unknown:
            where = paths[name] or paths["train"]
            raise ValueError(f"{where}: label '{unknown[0]}' is not in train: add rows of it there, or remove it here")
    return check(
        Tables(
            splits=numbered(splits, labels),
            labels=labels,
            origin="files: " + ", ".join(Path(file).name for file in paths.values() if file is not None),
            licence="the user's own",
            dropped={why: count for why, count in (dropped | twins).items() if count},
            unlabelled=more[:unlabelled_rows],
        )
    )


def _unlabelled(texts: "pd.Series[str]", splits: dict[str, DataFrame], dropped: dict[str, int]) -> list[str]:
    """Texts that are not empty, not twice there and in no split; counts the others."""
    known = pd.concat([frame["text"] for frame in splits.values()])
    found = texts[(texts != "") & ~texts.duplicated() & ~texts.isin(known)]
    dropped["unlabelled: empty, again or in a split"] = len(texts) - len(found)
    return list(found)


def _named(frame: DataFrame) -> DataFrame:
    """Two columns under the names they have in every dataset."""
    return frame.set_axis(["text", "label"], axis=1)


def _read(path: str, wanted: list[str]) -> DataFrame:
    """Some columns of a file, as tidy strings."""
    file = Path(path)
    if file.suffix not in READERS:
        raise ValueError(f"{path}: a file ends in {', '.join(READERS)}; rename or convert it")
    if not file.is_file():
        raise ValueError(f"{path} does not exist: correct the path (it is relative to the project)")
    try:
        frame = READERS[file.suffix](file)
    except (ValueError, OSError) as error:  # what pandas and pyarrow raise for damage derives from these
        raise ValueError(f"{path} cannot be read as {file.suffix[1:]} ({_one_line(error)}): repair it") from error
    for column in wanted:
        if column not in frame.columns:
            names = [str(name) for name in frame.columns]
            close = get_close_matches(column, names, n=1, cutoff=0)
            hint = f"; did you mean '{close[0]}'?" if close else ""
            raise ValueError(f"{path} has no column '{column}', only {', '.join(names)}{hint}")
    return DataFrame({column: tidy(_strings(frame[column])) for column in wanted})


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:120]


def _strings(column: "pd.Series[Any]") -> "pd.Series[str]":
    """Missing values as empty strings; whole numbers without a point, as missing neighbours give them one."""
    if pd.api.types.is_float_dtype(column) and (column.dropna() % 1 == 0).all():
        column = column.astype("Int64")
    return column.astype("string").fillna("").astype(str)


def _filled(frame: DataFrame, name: str, dropped: dict[str, int]) -> DataFrame:
    """The rows that have both a text and a label; counts the others."""
    for column in ("text", "label"):
        empty = frame[column] == ""
        dropped[f"{name}: no {column}"] = int(empty.sum())
        frame = frame[~empty]
    return frame.reset_index(drop=True)


def _cut(frame: DataFrame, part: float, seed: int) -> tuple[DataFrame, DataFrame]:
    """(the rest, `part` of every class), each in its old order; twins stay together, so none is lost to the cut."""
    taken = set()
    for _, rows in shuffled(frame.drop_duplicates("text"), seed).groupby("label"):
        taken |= set(rows["text"].head(round(part * len(rows))))
    cut = frame["text"].isin(taken)
    return frame[~cut].reset_index(drop=True), frame[cut].reset_index(drop=True)


def _some(frame: DataFrame, rows: int | None, seed: int) -> DataFrame:
    """At most `rows` rows, chosen by hash, in the proportions of the classes; all of them for None."""
    if rows is None or rows >= len(frame):
        return frame
    mixed = shuffled(frame, seed)
    place = mixed.groupby("label").cumcount()
    order = (place + 0.5) / mixed.groupby("label")["text"].transform("size")
    return mixed.iloc[order.argsort(kind="stable")[:rows].sort_values()].reset_index(drop=True)


def _ordered(labels: set[str]) -> list[str]:
    try:
        return sorted(labels, key=int)
    except ValueError:
        return sorted(labels)
