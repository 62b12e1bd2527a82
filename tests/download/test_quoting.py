"""Quotes that enclose fields, quotes that are a part of texts, and the rows that a stray one takes in."""

from pathlib import Path

import pytest

from slim.download.datasets.files import files
from slim.download.tables import card

GLUE = 'a fine film\tyes\n"so he said\tno\na dull film\tyes\nas if "not\tno\nhe said "no" to it\tyes\n"the end\tno\n'
"""Six rows of which two begin with a quote that belongs to the text, as the TSV files of GLUE have them."""


def rows(name: str, count: int = 30, separator: str = ",") -> str:
    return "".join(f"{name} number {i}{separator}{('yes', 'no')[i % 2]}\n" for i in range(count))


def read(folder: Path, content: str, suffix: str = "csv", **options: object):
    """The dataset of these rows of train."""
    separator = "\t" if suffix == "tsv" else ","
    (folder / f"train.{suffix}").write_text(f"text{separator}label\n" + content)
    (folder / f"test.{suffix}").write_text(f"text{separator}label\n" + rows("other", 10, separator))
    return files(path=str(folder), train=f"train.{suffix}", test=f"test.{suffix}", **options)  # type: ignore[arg-type]


def texts(tables) -> set[str]:
    return {text for split in ("train", "validation") for text in tables.splits[split]["text"]}


def test_a_tsv_with_quotes_in_its_texts_is_read_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tables = read(tmp_path, rows("text", separator="\t") + GLUE, "tsv")
    assert {'"so he said', "a dull film", '"the end', 'he said "no" to it'} < texts(tables) and len(
        texts(tables)
    ) == 36
    assert tables.dropped == {} and card(tables)["files"]["train"] == {"lines": 36, "rows": 36}
    assert "train.tsv is read with quotes as a part of its texts (quoting: false)" in capsys.readouterr().out
    assert texts(read(tmp_path, rows("text", separator="\t") + GLUE, "tsv", quoting=False)) == texts(tables)
    with pytest.raises(
        ValueError, match=r"train\.tsv has a quote in row 33 that takes in the rows below it: close it"
    ):
        read(tmp_path, rows("text", separator="\t") + GLUE, "tsv", quoting=True)


def test_a_tsv_that_keeps_to_quoting_is_read_with_it(tmp_path: Path) -> None:
    quoted = '"two\nlines"\tyes\n"a\ttab"\tno\n"a ""quote"""\tyes\n'
    tables = read(tmp_path, rows("text", separator="\t") + quoted, "tsv")
    assert {"two lines", "a tab", 'a "quote"'} < texts(tables)
    assert card(tables)["files"]["train"] == {"lines": 34, "rows": 33, "line breaks in quotes": 1}


@pytest.mark.parametrize(
    ("stray", "row"),
    [
        ('"so he said,no\n' + rows("one", 4) + '"the end,yes\n', 32),  # closed by the first mark of another text
        ('"so he said,no\n' + rows("one", 4) + 'the end",yes\n', 32),  # by the last mark of another
        ('"so he said,no\n' + rows("one", 4) + '"good, film",yes\n', 32),  # by one that opens a field that needs it
        ('"fine",no\nas if,"no\n' + rows("one", 4) + 'the end,"yes\n', 33),  # in the other column
    ],
)
def test_a_csv_whose_stray_quotes_take_in_rows_is_refused(stray: str, row: int, tmp_path: Path) -> None:
    problem = rf"train\.csv has a quote in row {row} that takes in the rows below it: .*, or set quoting: false"
    with pytest.raises(ValueError, match=problem) as refusal:
        read(tmp_path, rows("text") + stray + rows("two"))
    assert "\n" not in str(refusal.value)


def test_what_was_refused_is_read_without_quoting(tmp_path: Path) -> None:
    stray = '"so he said,no\n' + rows("one", 4) + '"the end,yes\n'
    tables = read(tmp_path, rows("text") + stray, quoting=False)
    assert len(texts(tables)) == 36 and {'"so he said', '"the end'} < texts(tables)


def test_long_texts_in_quotes_are_no_swallowed_rows(tmp_path: Path) -> None:
    """Though their lines have as many commas as a row."""
    long = '"Dear Sir, hello\nit is good, really\nyours",yes\n"one, two\nthree",no\n"1,not\n2",yes\n'
    tables = read(tmp_path, rows("text") + long)
    assert {"Dear Sir, hello it is good, really yours", "one, two three", "1,not 2"} < texts(tables)
    assert card(tables)["files"]["train"] == {"lines": 37, "rows": 33, "line breaks in quotes": 4}


def test_marks_inside_a_line_are_read_as_before(tmp_path: Path) -> None:
    tables = read(tmp_path, rows("text") + 'a 5" disk,yes\n"quoted" and more,no\n')
    assert {'a 5" disk', "quoted and more"} < texts(tables)


def test_a_tsv_that_fits_neither_way_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"train\.tsv has a quote in row 32 that takes in the rows below it"):
        read(tmp_path, rows("text", separator="\t") + GLUE[GLUE.index('"') :] + "three\tfields\there\n", "tsv")
