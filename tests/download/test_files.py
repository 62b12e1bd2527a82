"""A user's own files: every format, what is dropped, what is refused."""

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from slim.download import readers
from slim.download.datasets.files import files
from slim.download.tables import SPLITS, card, write
from tests.imports import ROOT

ROWS = [(f"text number {i} of it", "yes" if i % 2 else "no") for i in range(40)]


def table(rows: list[tuple[str, object]], path: Path, names: tuple[str, str] = ("text", "label")) -> str:
    frame = pd.DataFrame(rows, columns=list(names))
    match path.suffix:
        case ".csv":
            frame.to_csv(path, index=False)
        case ".tsv":
            frame.to_csv(path, index=False, sep="\t")
        case ".jsonl":
            frame.to_json(path, orient="records", lines=True)
        case ".parquet":
            frame.to_parquet(path)
    return str(path)


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "parquet"])
def test_every_format_is_the_same_table(suffix: str, tmp_path: Path) -> None:
    tables = files(
        path="", train=table(ROWS[:30], tmp_path / f"a.{suffix}"), test=table(ROWS[30:], tmp_path / f"b.{suffix}")
    )
    assert tables.labels == ["no", "yes"]
    assert {name: len(frame) for name, frame in tables.splits.items()} == {"train": 26, "validation": 4, "test": 10}
    assert list(tables.splits["test"]["label"]) == [i % 2 for i in range(30, 40)]
    assert dict(tables.splits["test"].dtypes.astype(str))["label"] == "int64"


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_numbers_are_labels_in_their_own_order(suffix: str, tmp_path: Path) -> None:
    rows = [(f"text {i}", (2, 10, -1)[i % 3]) for i in range(60)]
    tables = files(
        path="", train=table(rows[:50], tmp_path / f"a.{suffix}"), test=table(rows[50:], tmp_path / f"b.{suffix}")
    )
    assert tables.labels == ["-1", "2", "10"]


def test_other_columns_and_a_third_file(tmp_path: Path) -> None:
    paths = {name: table(ROWS[i::3], tmp_path / f"{name}.csv", ("review", "mood")) for i, name in enumerate(SPLITS)}
    tables = files(path="", **paths, text="review", label="mood")
    assert {name: len(frame) for name, frame in tables.splits.items()} == {"train": 14, "validation": 13, "test": 13}


def test_further_texts_come_without_labels_and_in_no_split(tmp_path: Path) -> None:
    more = pd.DataFrame({"text": ["new one", ROWS[0][0], "", "new  two", ROWS[35][0], "new one"], "id": range(6)})
    more.to_csv(tmp_path / "more.csv", index=False)
    train, test = table(ROWS[:30], tmp_path / "a.csv"), table(ROWS[30:], tmp_path / "b.csv")
    tables = files(path="", train=train, test=test, unlabelled=str(tmp_path / "more.csv"))
    assert tables.unlabelled == ["new one", "new two"]
    assert tables.dropped["unlabelled: empty, duplicate or in a split"] == 4
    fewer = files(path="", train=train, test=test, unlabelled=str(tmp_path / "more.csv"), unlabelled_rows=1)
    assert fewer.unlabelled == ["new one"]
    more.rename(columns={"text": "body"}).to_csv(tmp_path / "more.csv", index=False)
    with pytest.raises(ValueError, match=r"more\.csv has no column 'text', only body, id"):
        files(path="", train=train, test=test, unlabelled=str(tmp_path / "more.csv"))


def test_empty_rows_and_duplicates_are_dropped_and_counted(tmp_path: Path) -> None:
    train = [*ROWS[:30], (" ", "yes"), ("no label here", None), (ROWS[35][0], "no")]
    tables = files(
        path="",
        train=table(train, tmp_path / "a.csv"),
        test=table(ROWS[30:], tmp_path / "b.csv"),
        validation_fraction=0.2,
    )
    assert tables.dropped["train: no text"] == 1 and tables.dropped["train: no label"] == 1
    assert sum(count for why, count in tables.dropped.items() if "later" in why) == 1


def test_fewer_rows_keep_the_proportions(tmp_path: Path) -> None:
    rows = [(f"text number {i}", "rare" if i % 4 == 0 else "common") for i in range(400)]
    options = {"train": table(rows[:300], tmp_path / "a.csv"), "test": table(rows[300:], tmp_path / "b.csv")}
    tables = files(path="", **options, train_rows=80, validation_rows=12, test_rows=40)
    assert [tables.splits[name]["label"].value_counts().to_dict() for name in SPLITS] == [
        {0: 60, 1: 20},
        {0: 9, 1: 3},
        {0: 30, 1: 10},
    ]
    assert card(tables) == card(files(path="", **options, train_rows=80, validation_rows=12, test_rows=40))


@pytest.mark.parametrize(
    ("rows", "options", "message"),
    [
        (ROWS, {"train": "nowhere.csv"}, "nowhere.csv does not exist: correct the path"),
        (ROWS, {"train": "table.xlsx"}, r"table.xlsx: a file ends in .csv, .tsv, .jsonl, .parquet"),
        (ROWS, {"text": "txet"}, r"a.csv has no column 'txet', only text, label; did you mean 'text'\?"),
        ([(text, "yes") for text, _ in ROWS], {}, "label 'no' is not in train"),
        ([(text, "maybe") for text, _ in ROWS], {}, "b.csv: label 'no' is not in train"),
        ([], {}, r"a.csv has no row with both a 'text' and a 'label': fill it"),
    ],
)
def test_files_refuses_in_one_line(
    rows: list[tuple[str, object]], options: dict[str, str], message: str, tmp_path: Path
) -> None:
    paths = {"train": table(rows, tmp_path / "a.csv"), "test": table(ROWS[30:], tmp_path / "b.csv")}
    with pytest.raises(ValueError, match=message) as error:
        files(path="", **(paths | options))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_a_damaged_file_is_refused(suffix: str, tmp_path: Path) -> None:
    (tmp_path / f"a.{suffix}").write_bytes(b'{"text": \xff\x00 "\n\xfe,,,\n')
    with pytest.raises(ValueError, match=rf"a.{suffix} cannot be read as {suffix} .*: repair it"):
        files(path="", train=str(tmp_path / f"a.{suffix}"), test=str(tmp_path / f"a.{suffix}"))


def test_files_lie_in_a_folder(tmp_path: Path) -> None:
    table(ROWS[:30], tmp_path / "train.csv")
    table(ROWS[30:], tmp_path / "test.csv")
    tables = files(path=str(tmp_path), train="train.csv", test="test.csv")
    assert len(tables.splits["test"]) == 10
    with pytest.raises(ValueError, match=r"tset\.csv does not exist"):
        files(path=str(tmp_path), train="train.csv", test="tset.csv")


# Rows that cannot be used


def written(content: str | bytes, path: Path) -> str:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


CSV = "text,label\n" + "".join(f"{text},{label}\n" for text, label in ROWS[:30])
BAD = CSV + '"two\nlines",yes\none,two,three\nonly one\n,yes\nno label,\nlast,no\n'
"""Rows 33 to 36 of it are bad; the one before stands on two lines."""


def test_bad_rows_are_counted_and_shown_by_their_number(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train, test = written(BAD, tmp_path / "a.csv"), table(ROWS[30:], tmp_path / "b.csv")
    tables = files(path="", train=train, test=test)
    assert tables.dropped == {"train: ragged": 2, "train: no text": 1, "train: no label": 1}
    assert capsys.readouterr().out == (
        f"dropped of {train}: 4 bad rows: row 33 (3 fields instead of 2), row 34 (1 field instead of 2), "
        "row 35 (no text), ...\n"
    )
    texts = set(pd.concat(tables.splits)["text"])
    assert {"two lines", "last"} <= texts and not {"one", "only one", "no label"} & texts
    with pytest.raises(
        ValueError, match=r"a\.csv: 4 bad rows: row 33 .*: repair them, or set bad_rows: drop"
    ) as error:
        files(path="", train=train, test=test, bad_rows="refuse")
    assert "\n" not in str(error.value)


def test_without_bad_rows_refusing_them_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = {"train": table(ROWS[:30], tmp_path / "a.csv"), "test": table(ROWS[30:], tmp_path / "b.csv")}
    assert card(files(path="", **given, bad_rows="refuse")) == card(files(path="", **given))
    assert capsys.readouterr().out == ""


def test_lines_that_are_no_json_object_are_bad_rows(tmp_path: Path) -> None:
    good = "".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in ROWS[:30])
    bad = (
        '\n{"text": "cut\n["a list"]\n{"text": ["a"], "label": "yes"}\n{"text": "x"}\n{"text": null, "label": "no"}\n'
    )
    train, test = written("\ufeff" + good + bad, tmp_path / "a.jsonl"), table(ROWS[30:], tmp_path / "b.jsonl")
    tables = files(path="", train=train, test=test)
    assert tables.dropped == {"train: not readable": 3, "train: no label": 1, "train: no text": 1}
    with pytest.raises(ValueError, match=r"row 32 \(not JSON: .*\), row 33 \(not a JSON object\), row 34 \('text' is"):
        files(path="", train=train, test=test, bad_rows="refuse")


def test_half_a_character_makes_one_bad_row(tmp_path: Path) -> None:
    """A text that was cut inside an emoji, which no file in UTF-8 can hold."""
    lines = [json.dumps({"text": text, "label": label}) for text, label in ROWS[:30]]
    lines += ['{"text": "cut \\ud83d", "label": "yes"}', '{"text": "cut", "label": "\\udc00"}']
    lines += ['{"text": "\\ud83d\\ude00 whole", "label": "no"}']
    train, test = written("\n".join(lines), tmp_path / "a.jsonl"), table(ROWS[30:], tmp_path / "b.csv")
    tables = files(path="", train=train, test=test)
    assert tables.dropped == {"train: not readable": 2} and "\U0001f600 whole" in set(pd.concat(tables.splits)["text"])
    assert tables.facts["files"]["train"] == {"lines": 33, "rows": 33}
    write(tables, tmp_path / "out")
    with pytest.raises(ValueError, match=r"2 bad rows: row 31 \('text' holds \\ud83d, half of a character\), row 32"):
        files(path="", train=train, test=test, bad_rows="refuse")


OBJECTS = [{"text": text, "label": label} for text, label in ROWS[:30]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (json.dumps(OBJECTS), r"a\.jsonl is a JSON array: write each row as an object on a line of its own"),
        (json.dumps(OBJECTS, indent=2), r"a\.jsonl is a JSON array"),
        ("[" + ",\n".join(map(json.dumps, OBJECTS)) + "]", r"a\.jsonl is a JSON array"),
        (json.dumps({"data": OBJECTS}, indent=2), r"a\.jsonl has no line that is a JSON object \(row 1: not JSON"),
        ("", r"a\.jsonl is empty: fill it"),
    ],
)
def test_json_that_is_no_object_a_line_is_named(content: str, message: str, tmp_path: Path) -> None:
    train, test = written(content, tmp_path / "a.jsonl"), table(ROWS[30:], tmp_path / "b.csv")
    with pytest.raises(ValueError, match=message) as refusal:
        files(path="", train=train, test=test)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            {"test": "a.csv"},
            r"train and test are one file, or as good as one: every text of .*a\.csv stands in .*a\.csv",
        ),
        (
            {"test": "copy.csv"},
            r"train and test are one file, .* text of .*a\.csv stands in .*copy\.csv: name another",
        ),
        ({"test": "b.csv", "validation": "b.csv"}, r"validation and test are one file, or as good as one"),
    ],
)
def test_one_file_is_not_two_splits(more: dict[str, str], message: str, tmp_path: Path) -> None:
    table(ROWS[:30], tmp_path / "a.csv")
    table(ROWS[:30][::-1], tmp_path / "copy.csv")
    table(ROWS[30:], tmp_path / "b.csv")
    with pytest.raises(ValueError, match=message):
        files(path=str(tmp_path), train="a.csv", **more)


def test_few_rows_of_test_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files(path="", train=table(ROWS[:30], tmp_path / "a.csv"), test=table(ROWS[39:], tmp_path / "b.csv"))
    assert capsys.readouterr().out == "test has 1 row: one of them moves an accuracy by 100 points\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", r"a\.csv is empty: fill it"),
        ("\n\n", r"a\.csv is empty: fill it"),
        ("text,label\n", r"a\.csv has no row with both a 'text' and a 'label': fill it"),
        ("text,label\na\nb\n", r"2 bad rows: row 2 \(1 field instead of 2\), .*has no row with both"),
        ("good film,pos\nbad film,neg\n", r"no column 'text', only good film, pos; if its first row holds data, put"),
        (
            "text;label\na;b\n",
            r"no column 'text', only text;label; if ';' separates its fields, say so in `delimiter`",
        ),
        ("sep=;\ntext;label\na;b\n", r"begins with Excel's line 'sep=;': remove it, and set delimiter: ';'"),
        ('\ufeff"sep=\t"\r\ntext\tlabel\r\n', r"begins with Excel's line 'sep=\t': remove it"),
        ("text, label\na,b\n", r"has a blank in the name of its column ' label': remove it, or name the column so"),
        ("text,text,label\na,b,c\n", r"a\.csv has 2 columns 'text': rename all but one"),
        (
            CSV + 'a,yes\n"never closed,no\n' + CSV,
            r"has a quote in row 33 that is never closed: close it, or double it",
        ),
        (
            CSV.encode() + "caf\u00e9,yes\n".encode("latin-1"),
            r"\(byte 0xe9 in line 32 is not UTF-8\): .*save it as UTF-8",
        ),
        (CSV.encode("utf-16"), r"\(byte 0xff in line 1 is not UTF-8, it looks like UTF-16\)"),
        (
            "text,label\n" + "".join(f"text {i},{i / 7:.3f}\n" for i in range(200)),
            r"'label' holds 200 different labels",
        ),
    ],
)
def test_a_file_that_cannot_be_used_says_why_in_one_line(content: str | bytes, message: str, tmp_path: Path) -> None:
    train, test = written(content, tmp_path / "a.csv"), table(ROWS[30:], tmp_path / "b.csv")
    with pytest.raises(ValueError, match=message) as error:
        files(path="", train=train, test=test)
    assert "\n" not in str(error.value) and "a.csv" in str(error.value)


def test_a_row_longer_than_a_block_is_refused_and_one_almost_so_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "BLOCK", 1 << 20)
    test = table(ROWS[30:], tmp_path / "b.csv")
    long = files(path="", train=written(CSV + "x" * 1_000_000 + ",yes\n", tmp_path / "a.csv"), test=test)
    assert pd.concat(long.splits)["text"].str.len().max() == 1_000_000
    with pytest.raises(ValueError, match=r"a\.csv cannot be read as csv \(a row of more than 1 MiB\): repair it"):
        files(path="", train=written(CSV + "x" * 2_200_000 + ",yes\n", tmp_path / "a.csv"), test=test)


def test_byte_order_marks_unicode_and_other_separators_are_read(tmp_path: Path) -> None:
    rows = "".join(f"\u65e5\u672c {i} \U0001f600; caf\u00e9|{chr(0xE4 + i % 2)}\n" for i in range(40))
    train = written("\ufefftext|label\n" + rows, tmp_path / "a.csv")
    test = written("text|label\n" + rows.replace("\u65e5", "\u6708"), tmp_path / "b.csv")
    tables = files(path="", train=train, test=test, delimiter="|")
    assert tables.labels == [chr(0xE4), chr(0xE5)]
    assert tables.splits["test"]["text"][0] == "\u6708\u672c 0 \U0001f600; caf\u00e9"


@pytest.mark.parametrize("classes", [2, 3, 20, 150])
@pytest.mark.parametrize("kind", [int, "class {}".format])
def test_two_to_150_classes_of_any_size_have_their_names(classes: int, kind, tmp_path: Path) -> None:
    rows = [(f"text {i} of {c}", kind(c)) for c in range(classes) for i in range(3 if c else 60)]
    test = [(f"other {c}", kind(c)) for c in range(classes)]
    tables = files(path="", train=table(rows, tmp_path / "a.csv"), test=table(test, tmp_path / "b.csv"))
    names = [str(kind(c)) for c in range(classes)]
    assert tables.labels == (names if kind is int else sorted(names))
    counts = card(tables)["splits"]["train"]["rows per class"]
    assert set(counts.values()) == {54, 3} and min(tables.splits["validation"]["label"].value_counts()) == 6
    with pytest.raises(ValueError, match=r"like a number to predict or an id: .*or raise max_classes"):
        files(
            path="",
            train=table(rows, tmp_path / "a.csv"),
            test=table(test, tmp_path / "b.csv"),
            max_classes=classes - 1,
        )


def test_a_class_of_one_row_stays_in_train(tmp_path: Path) -> None:
    rows = [*ROWS[:30], ("the only one", "rare")]
    for part in (0.1, 0.9, 1.0):
        tables = files(
            path="",
            train=table(rows, tmp_path / "a.csv"),
            test=table(ROWS[30:], tmp_path / "b.csv"),
            validation_fraction=part,
        )
        assert "the only one" in set(tables.splits["train"]["text"])
    with pytest.raises(
        ValueError, match=r"validation_fraction 0\.1 of 6 rows takes none of any class: raise it, or name"
    ):
        files(path="", train=table(ROWS[:6], tmp_path / "a.csv"), test=table(ROWS[30:], tmp_path / "b.csv"))


def test_a_class_that_too_few_rows_leave_out_is_not_blamed_on_the_files(tmp_path: Path) -> None:
    rows = [*((f"text {i}", "common") for i in range(300)), ("a", "rare"), ("b", "rare")]
    train = table(rows, tmp_path / "a.csv")
    test = table([("c", "rare"), ("d", "common")], tmp_path / "b.csv")
    with pytest.raises(ValueError, match=r"train_rows 20 leaves no row of label 'rare': raise it"):
        files(path="", train=train, test=test, train_rows=20)


def test_texts_are_cleaned_only_where_asked(tmp_path: Path) -> None:
    rows = [(f"{text}<br /> &amp; more", label) for text, label in ROWS]
    given = {"train": table(rows[:30], tmp_path / "a.csv"), "test": table(rows[30:], tmp_path / "b.csv")}
    assert files(path="", **given).splits["test"]["text"][0] == "text number 30 of it<br /> &amp; more"
    assert files(path="", **given, clean=True).splits["test"]["text"][0] == "text number 30 of it & more"


# Much of it


def test_fifty_thousand_rows_take_little_memory(tmp_path: Path) -> None:
    """At most 1.5 kB a row beside imports and two blocks of the file; benchmarks/memory.py measures a million."""
    call = "from benchmarks.memory import main; import sys; main(*sys.argv[1:])"
    done = subprocess.run(
        [sys.executable, "-c", call, "50000", str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    measured = json.loads(done.stdout[done.stdout.index("{") :])
    assert measured["rows"] == {"train": 45_000, "validation": 5_000, "test": 2_500}
    taken = (measured["download"]["peak_mb"] - measured["imports"]["peak_mb"]) * 1e6 - 2 * readers.BLOCK
    assert taken / 50_000 < 1500 and measured["read"]["peak_mb"] < measured["imports"]["peak_mb"] + 200
