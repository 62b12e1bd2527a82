"""Tables from disk as columns of strings, with the number of every row and why others could not be read."""

import codecs
import csv
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
from pandas import DataFrame, Series

from slim.download.quoting import Layout, layout

BLOCK = 1 << 25
"""Bytes of a CSV that are parsed at once; no row may be longer."""
CHUNK = 1 << 16
"""Rows of a JSONL that are Python objects at once."""
SHOWN = 3
"""How many bad rows a message names."""


class BadRow(NamedTuple):
    """A row that cannot be used."""

    row: int
    """Its number in the file; the header of a CSV is row 1, a quoted field of several lines is part of one row, and
    empty lines do not count."""
    kind: str
    """Under which name such rows are counted."""
    reason: str
    """What is wrong with this one."""


class Dialect(NamedTuple):
    """How the fields of a CSV or TSV are told apart."""

    delimiter: str | None = None
    """A comma, or a tab in a TSV, where absent."""
    quoting: bool | None = None
    """Whether quotes enclose fields: where absent, they do, but for a TSV that would lose rows."""


USUAL = Dialect()


@dataclass(frozen=True)
class ParsedTable:
    """The columns that were wanted of a file."""

    frame: DataFrame
    """The wanted columns as strings, missing values empty; its index holds the numbers of the rows."""
    bad: list[BadRow]
    lines: dict[str, int]
    """Of a file of text, that are not empty, its header left out; and those inside quoted fields."""


def read(path: str | Path, wanted: Sequence[str], dialect: Dialect = USUAL) -> ParsedTable:
    """Some columns of a CSV, TSV, JSONL or Parquet file. Raises ValueError, in one line, when it cannot be used."""
    file = Path(path)
    if file.suffix not in READERS:
        raise ValueError(f"{path}: a file ends in {', '.join(READERS)}; rename or convert it")
    if not file.is_file():
        raise ValueError(f"{path} does not exist: correct the path (it is relative to the project)")
    try:
        return READERS[file.suffix](file, list(wanted), dialect)
    except _Unusable as error:
        raise ValueError(f"{path} {error}") from error
    except (ValueError, OSError, csv.Error) as error:  # what pyarrow raises for damage derives from these
        raise ValueError(f"{path} cannot be read as {file.suffix[1:]} ({_one_line(error)}): repair it") from error


def describe(path: str | Path, bad: Sequence[BadRow]) -> str:
    """`train.csv: 5 bad rows: row 3 (no text), row 7 (3 fields instead of 2), row 9 (no label), ...`."""
    first = sorted(bad)[:SHOWN]
    rows = ", ".join(f"row {row} ({reason})" for row, _, reason in first) + (", ..." if len(bad) > SHOWN else "")
    return f"{path}: {len(bad):,d} bad row{'s' if len(bad) > 1 else ''}: {rows}"


class _Unusable(Exception):
    """What a file lacks; the message comes after its name."""


def _separated(path: Path, wanted: list[str], delimiter: str, quoting: bool | None) -> ParsedTable:
    """Rows with more or fewer fields than the header are bad."""
    quotes = _as_utf8(path)
    header = _header(path, delimiter, quoting is not False)
    _columns(wanted, header, "; if its first row holds data, put one with the names above it")
    found = layout(path, delimiter, header.index(wanted[-1])) if quotes and quoting is not False else None
    enclose = found is not None and _encloses(path, found, quoting is None and delimiter == "\t")
    ragged: list[tuple[int, int]] = []

    def skip(row: Any) -> str:
        ragged.append((row.number, row.actual_columns))
        return "skip"

    try:
        table = pacsv.open_csv(
            path,
            pacsv.ReadOptions(use_threads=False, block_size=BLOCK),  # row numbers need one thread
            pacsv.ParseOptions(
                delimiter=delimiter,
                quote_char='"' if enclose else False,
                newlines_in_values=enclose,
                invalid_row_handler=skip,
            ),
            pacsv.ConvertOptions(
                include_columns=wanted, column_types=dict.fromkeys(wanted, pa.string()), strings_can_be_null=False
            ),
        ).read_all()
    except pa.ArrowInvalid as error:
        if "straddling" in str(error):
            raise ValueError(f"a row of more than {BLOCK >> 20} MiB") from error
        raise
    numbers = np.delete(np.arange(2, 2 + len(table) + len(ragged)), [row - 2 for row, _ in ragged])
    bad = [
        BadRow(row, "ragged", f"{fields} field{'s' if fields > 1 else ''} instead of {len(header)}")
        for row, fields in ragged
    ]
    rows, breaks = len(table) + len(bad), found.breaks if found and enclose else 0
    if found and rows + breaks != found.lines:
        raise _Unusable(
            f"has {found.lines:,d} lines but {rows:,d} rows and {breaks:,d} line breaks in quotes: mend its quotes, "
            f"or set quoting: false where they are a part of the texts"
        )
    quoted = {"line breaks in quotes": breaks} if breaks else {}
    return ParsedTable(_frame(table, numbers), bad, {"lines": rows + breaks} | quoted)


def _header(path: Path, delimiter: str, quoting: bool) -> list[str]:
    """The names of the columns."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        if excel := re.fullmatch(r'"?sep=(.)"?\s*', file.readline()):
            raise _Unusable(f"begins with Excel's line 'sep={excel[1]}': remove it, and set delimiter: '{excel[1]}'")
        file.seek(0)
        rows = csv.reader(file, delimiter=delimiter, quoting=csv.QUOTE_MINIMAL if quoting else csv.QUOTE_NONE)
        if header := next(rows, []):
            return header
    raise _Unusable("is empty: fill it")


def _encloses(path: Path, found: Layout, may_be_text: bool) -> bool:
    """Whether quotes enclose fields, which a file cannot be read by where one of them takes in rows."""
    if may_be_text and found.even and (found.stray or found.loose):
        print(f"{path} is read with quotes as a part of its texts (quoting: false)", flush=True)
        return False
    if found.stray:
        raise _Unusable(
            f"has {found.stray}: close it, or double it, or set quoting: false where quotes are a part of the texts"
        )
    return True


def _jsonl(path: Path, wanted: list[str], _: Dialect) -> ParsedTable:
    """Lines that are no JSON object, or hold something else than a text or number, are bad; empty ones are skipped."""
    _as_utf8(path)
    chunks, numbers, bad = list[pa.RecordBatch](), list[int](), list[BadRow]()
    names: dict[str, None] = {}
    rows: list[list[str]] = []
    first = ""
    for number, line in _lines(path):
        first = first or line.lstrip()[0]
        record = _record(line, wanted, names)
        if isinstance(record, str):
            bad.append(BadRow(number, "not readable", record))
            continue
        rows.append(record)
        numbers.append(number)
        if len(rows) == CHUNK:
            chunks.append(_batch(rows, wanted))
            rows = []
    if not names:
        raise _Unusable(_no_objects(first, bad))
    _columns(wanted, list(names), "")
    table = pa.Table.from_batches([*chunks, _batch(rows, wanted)])
    frame = _frame(table, np.array(numbers, dtype=np.int64))
    return ParsedTable(frame, bad, {"lines": len(numbers) + len(bad)})


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    with path.open(encoding="utf-8-sig") as file:
        yield from ((number, line) for number, line in enumerate(file, 1) if line.strip())


def _no_objects(first: str, bad: list[BadRow]) -> str:
    """What is wrong with a file of which no line is a JSON object; `first`: its first character."""
    if not bad:
        return "is empty: fill it"
    remedy = "write each row as an object on a line of its own, as pandas does with orient='records', lines=True"
    if first == "[":
        return f"is a JSON array: {remedy}"
    return f"has no line that is a JSON object (row {bad[0].row}: {bad[0].reason}): {remedy}"


def _record(line: str, wanted: list[str], names: dict[str, None]) -> list[str] | str:
    """The wanted values of a line, or what is wrong with it; notes the names of its keys."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        return f"not JSON: {_one_line(error)}"
    if not isinstance(record, dict):
        return "not a JSON object"
    names.update(dict.fromkeys(record))
    for column in wanted:
        if isinstance(value := record.get(column), list | dict):
            return f"'{column}' is neither a text nor a number"
        if isinstance(value, str) and (half := re.search("[\ud800-\udfff]", value)):
            return f"'{column}' holds \\u{ord(half[0]):x}, half of a character"
    return [_string(record.get(column)) for column in wanted]


def _string(value: str | float | bool | None) -> str:
    """Nothing for what is missing; whole numbers without a point, as missing neighbours give them one."""
    if value is None or value != value:  # noqa: PLR0124 -- NaN
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _batch(rows: list[list[str]], wanted: list[str]) -> pa.RecordBatch:
    columns = zip(*rows, strict=True) if rows else ([] for _ in wanted)
    return pa.record_batch([pa.array(column, pa.string()) for column in columns], names=wanted)


def _parquet(path: Path, wanted: list[str], _: Dialect) -> ParsedTable:
    with pq.ParquetFile(path) as file:
        _columns(wanted, file.schema_arrow.names, "")
        for column in wanted:
            if pa.types.is_nested(kind := file.schema_arrow.field(column).type):
                raise _Unusable(f"has in column '{column}' {kind}, not texts or numbers: name another column")
        table = file.read(columns=wanted)
    frame = DataFrame({column: _strings(table[column].to_pandas()) for column in wanted})
    return ParsedTable(frame.set_index(np.arange(1, 1 + len(frame))), [], {})


def _strings(column: "Series[Any]") -> "Series[str]":
    """As `_string`, for a whole column."""
    if pd.api.types.is_float_dtype(column) and (column.dropna() % 1 == 0).all():
        column = column.astype("Int64")
    return column.astype("string").fillna("").astype(str)


def _frame(table: pa.Table, numbers: np.ndarray) -> DataFrame:
    return DataFrame({name: table[name].to_pandas().astype(str) for name in table.column_names}).set_index(numbers)


def _columns(wanted: list[str], names: list[str], remedy: str) -> None:
    """Refuse a file that lacks a column or has it twice."""
    for column in wanted:
        if names.count(column) > 1:
            raise _Unusable(f"has {names.count(column)} columns '{column}': rename all but one")
        if column not in names:
            if padded := next((name for name in names if name.strip() == column), None):
                raise _Unusable(f"has a blank in the name of its column {padded!r}: remove it, or name the column so")
            near = get_close_matches(column, names, n=1)
            hint = f"; did you mean '{near[0]}'?" if near else ""
            raise _Unusable(f"has no column '{column}', only {_some(names)}{hint}{_separator(names)}{remedy}")


def _some(names: list[str]) -> str:
    """The names, as far as one line holds them."""
    listed = ", ".join(" ".join(name.split()) for name in names)
    return listed if len(listed) <= 200 else f"{listed[:200]}..."


def _separator(names: list[str]) -> str:
    """What seems to separate the fields of a header that came out as one."""
    other = next((mark for mark in ";\t|" if len(names) == 1 and mark in names[0]), None)
    return f"; if {other!r} separates its fields, say so in `delimiter`" if other else ""


def _as_utf8(path: Path) -> int:
    """How many quotes a file holds. Refuses another encoding, naming the byte that gives it away."""
    decoder, lines, quotes = codecs.getincrementaldecoder("utf-8")(), 1, 0
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            try:
                decoder.decode(block)
            except UnicodeDecodeError as error:
                line = lines + error.object[: error.start].count(b"\n")
                wide = ", it looks like UTF-16" if block[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else ""
                where = f"byte 0x{error.object[error.start]:02x} in line {line} is not UTF-8{wide}"
                kind = path.suffix[1:]
                raise _Unusable(f"cannot be read as {kind} ({where}): repair it, or save it as UTF-8") from error
            lines, quotes = lines + block.count(b"\n"), quotes + block.count(b'"')
    return quotes


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:120]


Reader = Callable[[Path, list[str], Dialect], ParsedTable]
READERS: dict[str, Reader] = {
    ".csv": lambda path, wanted, dialect: _separated(path, wanted, dialect.delimiter or ",", dialect.quoting),
    ".tsv": lambda path, wanted, dialect: _separated(path, wanted, dialect.delimiter or "\t", dialect.quoting),
    ".jsonl": _jsonl,
    ".parquet": _parquet,
}
"""How a file is read, by its suffix."""
