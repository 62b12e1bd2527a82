"""Do quotes enclose the fields of a CSV or TSV, or are they a part of its texts? The lines of the file tell.

A field in quotes may hold line breaks. So a stray quote at the start of a field takes in all rows up to the next one,
and no reader complains: their lines look like one long text.
"""

import csv
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

OPEN = "that is never closed"
TAKES_IN = "that takes in the rows below it"


@dataclass(frozen=True)
class Layout:
    """How the lines of a file make up its rows where quotes enclose fields."""

    lines: int
    """All but the header's, empty ones left out."""
    breaks: int
    """Those that go on with a row of the line before."""
    stray: str | None
    """The first quote that does not enclose a field but takes in rows, in words."""
    loose: bool
    """Whether any quote does not enclose a field, though it takes in no rows."""
    even: bool
    """Whether each line would be a row with the fields of the header, if quotes did not enclose anything."""


def layout(path: Path, delimiter: str, column: int) -> Layout:
    """Look at all rows of a file. `column`: the place of one with few different values, such as the labels.

    A row of several lines is suspected where its quotes do not enclose whole fields, and where each of its lines has
    the fields of a row and the label of another row.
    """
    lines = breaks = 0
    loose, even, names = False, True, 0
    stray, known, doubtful = dict[int, str](), set[str](), list[tuple[int, list[str]]]()
    with _long_fields(), path.open(encoding="utf-8-sig", newline="") as file:
        for row, (own, fields) in enumerate(_rows(file, delimiter), 1):
            quoted = any('"' in line for line in own)
            problem = _problem(own, delimiter) if quoted else None
            if row == 1:
                names, even = len(fields), not quoted
            else:
                lines, breaks = lines + len(own), breaks + len(own) - 1
            whole = all(line.count(delimiter) == names - 1 for line in own)
            loose, even = loose or problem is not None, even and whole
            if problem == OPEN or (problem and len(own) > 1):
                stray[row] = problem
            elif len(own) == 1:
                known |= {field.strip() for field in fields[column : column + 1]} - {""}
            elif whole and names > 1:
                doubtful.append((row, [line.split(delimiter)[column].strip(' "\r\n') for line in own]))
    # The lines of a long text may have as many delimiters as a row, but hardly the label of another row behind them.
    stray |= {row: TAKES_IN for row, labels in doubtful if known.issuperset(labels)}
    return Layout(lines, breaks, f"a quote in row {min(stray)} {stray[min(stray)]}" if stray else None, loose, even)


def _rows(file: Iterator[str], delimiter: str) -> Iterator[tuple[list[str], list[str]]]:
    """(lines that are not empty, fields) of every row that is not empty."""
    taken: list[str] = []

    def noted() -> Iterator[str]:
        for line in file:
            taken.append(line)
            yield line

    for fields in csv.reader(noted(), delimiter=delimiter):
        if fields:
            yield [line for line in taken if line.strip("\r\n")], fields
        taken.clear()


def _problem(lines: list[str], delimiter: str) -> str | None:
    """Why the quotes of a row do not enclose whole fields."""
    try:
        list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error as error:
        return OPEN if "unexpected end" in str(error) else TAKES_IN
    return None


@contextmanager
def _long_fields() -> Iterator[None]:
    """Let the csv module read fields of any length."""
    limit = csv.field_size_limit(sys.maxsize)
    try:
        yield
    finally:
        csv.field_size_limit(limit)
