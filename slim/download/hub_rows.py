"""Datasets of the Hugging Face hub, as files of the catalogue describe them.

Only Parquet is fetched and read: no script of a repository ever runs, nothing is unpickled.
"""

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from math import ceil
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pandas import DataFrame

from slim.download.catalogue import HubEntry, SplitName
from slim.download.cleaning import clean
from slim.download.hub import snapshot
from slim.download.sampling import balanced as evenly
from slim.download.sampling import cut, hash_fraction, proportional
from slim.download.tables import content

BATCH = 20_000
"""Rows that are looked at together."""
SPARE = 0.1
"""So much more than what is asked for is kept until empty texts and duplicates are gone."""
LOCAL = "use `source: files` with a local copy"


def original_splits(
    entry: HubEntry,
    folder: Path,
    names: list[str],
    rows: dict[SplitName, int | None],
    even: bool,
    seed: int,
    path: str,
) -> tuple[dict[SplitName, DataFrame], dict[str, int]]:
    """(the cleaned rows of every original split that is used, enough to draw from; why others went)."""
    wanted, dropped = dict(rows), dict[str, int]()
    if not entry.origin("validation"):
        wanted.pop("validation")
        if rows["train"] is not None:
            wanted["train"] = rows["train"] + (rows["validation"] or ceil(rows["train"] / 9))
    splits = {}
    for split, count in wanted.items():
        pool = _pool(parquet_files(folder, entry, split, path), entry, names, count, even, seed, path)
        splits[split] = _clean(pool, split, dropped)
    return splits, dropped


def facts(entry: HubEntry, commit: str, counts: dict[SplitName, int]) -> dict[str, Any]:
    """What the card says of where the rows are from; `commit` is what a catalogue's `revision` is pinned to."""
    facts = {"revision": entry.revision, "commit": commit, "rows": counts, "test rows from": entry.test}
    return facts | {"homepage": entry.homepage} | ({"paper": entry.paper} if entry.paper else {})


def fetch(entry: HubEntry, path: str) -> Path:
    """The folder of the repository's Parquet files, called by their commit; the hub's library caches it."""
    patterns = sorted({pattern for patterns in entry.files.values() for pattern in patterns})
    return snapshot("dataset", entry.hub, entry.revision, patterns, named_in=path, alternative=LOCAL)


def parquet_files(folder: Path, entry: HubEntry, split: SplitName, path: str) -> list[Path]:
    """The Parquet files of a split, in the order of their names."""
    patterns = entry.origin(split)
    inside = sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*.parquet"))
    files = [folder / name for name in inside if any(fnmatchcase(name, pattern) for pattern in patterns)]
    if not files:
        raise ValueError(f"{entry.hub} has no file {' or '.join(patterns)} for {split}: correct `files` in {path}")
    return files


def class_names(entry: HubEntry, file: Path, path: str) -> list[str]:
    """The names of the classes by number. A name that catalogue and file both know must have one number in both."""
    schema = pq.read_schema(file)
    wanted = [*entry.text, *([entry.text_pair] if entry.text_pair else []), entry.label]
    for column in wanted:
        if column not in schema.names:
            raise ValueError(f"{entry.hub} has no column '{column}', only {', '.join(schema.names)}: correct {path}")
    carried = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
    own: list[str] = carried.get("info", {}).get("features", {}).get(entry.label, {}).get("names") or []
    names = entry.labels or own
    if not names:
        raise ValueError(f"{path}: labels is missing, and {entry.hub} does not name its classes: list them")
    if own and (len(own) != len(names) or any(names.index(n) != i for i, n in enumerate(own) if n in names)):
        raise ValueError(f"{path}: labels are not those of {entry.hub} ({', '.join(own)}): correct or remove them")
    return names


def _pool(
    files: list[Path], entry: HubEntry, names: list[str], rows: int | None, even: bool, seed: int, path: str
) -> DataFrame:
    """The rows to choose from, as they stand there: of each class a few more than are asked for, first by hash."""
    if rows is None:
        return pd.concat(_batches(files, entry, names, path), ignore_index=True)
    each, kept = _quotas(files, entry, names, rows, even, path), list[DataFrame]()
    for frame in _batches(files, entry, names, path):
        both = pd.concat([*kept, frame.assign(order=[hash_fraction(text, seed) for text in content(frame)])])
        both = both.sort_values("order", kind="stable")
        kept = [both[both.groupby("label").cumcount() < both["label"].map(each)]]
    return pd.concat(kept, ignore_index=True)


def _quotas(files: list[Path], entry: HubEntry, names: list[str], rows: int, even: bool, path: str) -> dict[str, int]:
    """Class -> how many of its rows are kept to choose from; of those without a label, which go anyway, none."""
    if even:
        return dict.fromkeys(names, ceil(rows * (1 + SPARE) / len(names)) + 10) | {"": 0}
    columns = [pq.read_table(file, columns=[entry.label])[entry.label].value_counts() for file in files]
    counts = dict.fromkeys(["", *names], 0)
    for pair in (pair for column in columns for pair in column.to_pylist()):
        counts[_name(pair["values"], names, path)] += pair["counts"]
    fraction = rows * (1 + SPARE) / max(1, sum(counts[name] for name in names))
    return {name: ceil(fraction * count) for name, count in counts.items()} | {"": 0}


def _batches(files: list[Path], entry: HubEntry, names: list[str], path: str) -> Iterator[DataFrame]:
    """text, label (the class's name, '' if unknown) and, for pairs, text_pair."""
    columns = [*entry.text, *([entry.text_pair] if entry.text_pair else []), entry.label]
    for file in files:
        with pq.ParquetFile(file) as table:
            for batch in table.iter_batches(BATCH, columns=list(dict.fromkeys(columns)), use_threads=False):
                parts = zip(*(_texts(batch[column], column, path) for column in entry.text), strict=True)
                frame = DataFrame({"text": [entry.join.join(filter(None, row)) for row in parts]}, dtype=str)
                if entry.text_pair:
                    frame["text_pair"] = pd.array(_texts(batch[entry.text_pair], entry.text_pair, path), dtype=str)
                labels = [_name(label, names, path) for label in batch[entry.label].to_pylist()]
                yield frame.assign(label=pd.array(labels, dtype=str))


def _texts(column: pa.Array, name: str, path: str) -> list[str]:
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        raise ValueError(f"{path}: column '{name}' holds {column.type}, not texts: name another column")
    return [text or "" for text in column.to_pylist()]


def _name(label: Any, names: list[str], path: str) -> str:
    """The name of a class that is given by its number or its name; '' for none, which the hub writes as -1."""
    if label is None or label in (-1, ""):
        return ""
    if isinstance(label, int) and 0 <= label < len(names):
        return names[label]
    if label in names:
        return str(label)
    raise ValueError(f"{path}: label {label!r} is not among its {len(names)} labels: add its name, or correct `label`")


def _clean(frame: DataFrame, split: str, dropped: dict[str, int]) -> DataFrame:
    """The rows with cleaned texts and a label; counts the others."""
    texts = [column for column in ("text", "text_pair") if column in frame.columns]
    frame = frame[[*texts, "label"]].assign(
        **{column: pd.array([clean(text) for text in frame[column]], dtype=str) for column in texts}
    )
    for column in frame.columns:
        empty = frame[column] == ""
        dropped[f"{split}: no {column}"] = int(empty.sum())
        frame = frame[~empty]
    return frame.reset_index(drop=True)


def hold_out(
    frame: DataFrame, rows: int | None, even: bool, seed: int, names: list[str]
) -> tuple[DataFrame, DataFrame]:
    """(the rest of train, validation)"""
    if rows is None:
        return cut(frame, 0.1, seed)
    chosen = draw_rows(frame.assign(row=range(len(frame))), rows, even, seed, names)
    rest = frame[~frame.index.isin(chosen["row"])]
    return rest.reset_index(drop=True), chosen.drop(columns="row")


def draw_rows(frame: DataFrame, rows: int | None, even: bool, seed: int, names: list[str]) -> DataFrame:
    """As many rows of every class, or in their proportions; all of them for None."""
    return evenly(frame, rows // len(names), seed) if even and rows is not None else proportional(frame, rows, seed)


def print_differences(
    entry: HubEntry, counts: dict[SplitName, int], rows: dict[SplitName, int | None], drawn: dict[SplitName, DataFrame]
) -> None:
    """Where the repository has other rows than the catalogue says, or fewer than are asked for."""
    for split, count in counts.items():
        original = entry.test if split == "test" else split
        if count != (expected := entry.rows.get(original, count)):
            print(f"{entry.hub}: {original} has {count:,d} rows, the catalogue says {expected:,d}", flush=True)
    for split, frame in drawn.items():
        if len(frame) < (asked := rows[split] or 0):
            print(f"{entry.hub}: {split} has {len(frame):,d} of the {asked:,d} rows asked for", flush=True)
