"""A user's own files: every format, what is dropped, what is refused."""

from pathlib import Path

import pandas as pd
import pytest

from slim.datasets import _table
from slim.datasets.files import files

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
    tables = files(train=table(ROWS[:30], tmp_path / f"a.{suffix}"), test=table(ROWS[30:], tmp_path / f"b.{suffix}"))
    assert tables.labels == ["no", "yes"]
    assert {name: len(frame) for name, frame in tables.splits.items()} == {"train": 26, "validation": 4, "test": 10}
    assert list(tables.splits["test"]["label"]) == [i % 2 for i in range(30, 40)]
    assert dict(tables.splits["test"].dtypes.astype(str))["label"] == "int64"


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_numbers_are_labels_in_their_own_order(suffix: str, tmp_path: Path) -> None:
    rows = [(f"text {i}", (2, 10, -1)[i % 3]) for i in range(60)]
    tables = files(train=table(rows[:50], tmp_path / f"a.{suffix}"), test=table(rows[50:], tmp_path / f"b.{suffix}"))
    assert tables.labels == ["-1", "2", "10"]


def test_other_columns_and_a_third_file(tmp_path: Path) -> None:
    paths = {
        name: table(ROWS[i::3], tmp_path / f"{name}.csv", ("review", "mood")) for i, name in enumerate(_table.SPLITS)
    }
    tables = files(**paths, text="review", label="mood")
    assert {name: len(frame) for name, frame in tables.splits.items()} == {"train": 14, "validation": 13, "test": 13}


def test_further_texts_come_without_labels_and_in_no_split(tmp_path: Path) -> None:
    more = pd.DataFrame({"text": ["new one", ROWS[0][0], "", "new  two", ROWS[35][0], "new one"], "id": range(6)})
    more.to_csv(tmp_path / "more.csv", index=False)
    train, test = table(ROWS[:30], tmp_path / "a.csv"), table(ROWS[30:], tmp_path / "b.csv")
    tables = files(train=train, test=test, unlabelled=str(tmp_path / "more.csv"))
    assert tables.unlabelled == ["new one", "new two"]
    assert tables.dropped["unlabelled: empty, again or in a split"] == 4
    fewer = files(train=train, test=test, unlabelled=str(tmp_path / "more.csv"), unlabelled_rows=1)
    assert fewer.unlabelled == ["new one"]
    more.rename(columns={"text": "body"}).to_csv(tmp_path / "more.csv", index=False)
    with pytest.raises(ValueError, match=r"more\.csv has no column 'text', only body, id"):
        files(train=train, test=test, unlabelled=str(tmp_path / "more.csv"))


def test_empty_rows_and_twins_are_dropped_and_counted(tmp_path: Path) -> None:
    train = [*ROWS[:30], (" ", "yes"), ("no label here", None), (ROWS[35][0], "no")]
    tables = files(
        train=table(train, tmp_path / "a.csv"), test=table(ROWS[30:], tmp_path / "b.csv"), validation_share=0.2
    )
    assert tables.dropped["train: no text"] == 1 and tables.dropped["train: no label"] == 1
    assert sum(count for why, count in tables.dropped.items() if "later" in why) == 1


def test_fewer_rows_keep_the_proportions(tmp_path: Path) -> None:
    rows = [(f"text number {i}", "rare" if i % 4 == 0 else "common") for i in range(400)]
    options = {"train": table(rows[:300], tmp_path / "a.csv"), "test": table(rows[300:], tmp_path / "b.csv")}
    tables = files(**options, train_rows=80, validation_rows=12, test_rows=40)
    assert [tables.splits[name]["label"].value_counts().to_dict() for name in _table.SPLITS] == [
        {0: 60, 1: 20},
        {0: 9, 1: 3},
        {0: 30, 1: 10},
    ]
    assert _table.card(tables) == _table.card(files(**options, train_rows=80, validation_rows=12, test_rows=40))


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
        files(**(paths | options))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_a_damaged_file_is_refused(suffix: str, tmp_path: Path) -> None:
    (tmp_path / f"a.{suffix}").write_bytes(b'{"text": \xff\x00 "\n\xfe,,,\n')
    with pytest.raises(ValueError, match=rf"a.{suffix} cannot be read as {suffix} .*: repair it"):
        files(train=str(tmp_path / f"a.{suffix}"), test=str(tmp_path / f"a.{suffix}"))


def test_files_lie_in_a_folder(tmp_path: Path) -> None:
    table(ROWS[:30], tmp_path / "train.csv")
    table(ROWS[30:], tmp_path / "test.csv")
    found = files(path=str(tmp_path), train="train.csv", test="test.csv")
    assert len(found.splits["test"]) == 10
    with pytest.raises(ValueError, match=r"tset\.csv does not exist"):
        files(path=str(tmp_path), train="train.csv", test="tset.csv")
