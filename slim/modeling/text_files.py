"""Texts from a user's file, for inference: read with the standard library, so that nothing heavy is imported."""

import csv
import io
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import TextIO

DELIMITERS = {".csv": ",", ".tsv": "\t"}
COLUMN = "text"
"""The column that is read where none is named."""


def read_texts(
    path: str | Path | None = None, columns: Sequence[str] = (COLUMN,)
) -> list[str] | list[tuple[str, str]]:
    """The texts of a file or, without one, of standard input; with two columns, pairs of texts.

    A .csv, .tsv or .jsonl has columns; of everything else a line is a text, an empty line an empty text. Raises
    ValueError, in one line, when the file cannot be read or lacks a column.
    """
    if len(columns) > 2:
        raise ValueError(f"{len(columns)} columns: name one of texts, or two of pairs")
    with _readable(path or "standard input"), _opened(path) as file:
        suffix = Path(path or "").suffix
        read = _objects if suffix == ".jsonl" else _table if suffix in DELIMITERS else _lines
        rows = list(read(Path(path or "standard input"), file, columns))
        for row in rows:
            "".join(row).encode()  # JSON may hold half of a character
    return [(row[0], row[1]) for row in rows] if len(columns) == 2 else [row[0] for row in rows]


def _opened(path: str | Path | None) -> TextIO:
    if path is None:
        return io.TextIOWrapper(sys.stdin.buffer, "utf-8-sig", newline="")
    return Path(path).open(encoding="utf-8-sig", newline="")


def _lines(path: Path, file: TextIO, columns: Sequence[str]) -> Iterator[tuple[str, ...]]:
    if list(columns) != [COLUMN]:
        raise _NoColumn(f"{path} has no columns, since its lines are texts: leave out --column, or give a .csv")
    return ((line.rstrip("\r\n"),) for line in file)


def _table(path: Path, file: TextIO, columns: Sequence[str]) -> Iterator[tuple[str, ...]]:
    csv.field_size_limit(sys.maxsize)
    rows = csv.reader(file, delimiter=DELIMITERS[path.suffix], strict=True)
    names = next(rows, [])
    places = [_place(path, column, names) for column in columns]
    for number, row in enumerate(rows, 2):
        if row and len(row) != len(names):
            raise ValueError(f"row {number} has {len(row)} fields instead of {len(names)}")
        if row:
            yield tuple(row[place] for place in places)


def _objects(path: Path, file: TextIO, columns: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        if not isinstance(record := json.loads(line), dict):
            raise ValueError(f"line {number} is no JSON object")
        values = tuple(list(record.values())[_place(path, column, list(record))] for column in columns)
        if not all(isinstance(value, str) for value in values):
            raise ValueError(f"line {number} holds something else than a text")
        yield values


class _NoColumn(ValueError):
    """What a file lacks; the message is whole."""


def _place(path: Path, column: str, names: Sequence[str]) -> int:
    if column in names:
        return names.index(column)
    near = get_close_matches(column, names, n=1)
    hint = f"did you mean '{near[0]}'?" if near else f"name one of {', '.join(names)} with --column"
    raise _NoColumn(f"{path} has no column '{column}': {hint}")


@contextmanager
def _readable(path: str | Path) -> Iterator[None]:
    """A context that says in one line why a file cannot be read."""
    try:
        yield
    except _NoColumn:
        raise
    except OSError as error:
        raise ValueError(f"{path} cannot be read ({error.strerror}): correct the path") from error
    except (ValueError, csv.Error) as error:  # what is no UTF-8, CSV or JSON
        raise ValueError(f"{path} cannot be read ({' '.join(str(error).split())[:120]}): repair it") from error
