"""One class has one name, however it is spelled; words for missing are no class."""

from pathlib import Path

import pandas as pd
import pytest

from slim.download.datasets.files import files
from slim.download.spelling import MISSING, alike, without_point


def read(folder: Path, train: list[object], test: list[object], suffix: str = "csv", **options: object):
    """The dataset of these labels, ten times over in train."""
    for name, labels in (("train", train * 10), ("test", test)):
        frame = pd.DataFrame({"text": [f"{name} {i}" for i in range(len(labels))], "label": labels})
        match suffix:
            case "csv":
                frame.to_csv(folder / f"{name}.csv", index=False)
            case "jsonl":
                frame.to_json(folder / f"{name}.jsonl", orient="records", lines=True)
            case "parquet":
                frame.to_parquet(folder / f"{name}.parquet")
    return files(path=str(folder), train=f"train.{suffix}", test=f"test.{suffix}", **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize(
    "train", [[0.0, 1.0], [0.0, 1.0, None], ["0", "1", "0.0", "1.0"], ["-0.0", "1."], [0, 1]], ids=str
)
def test_whole_numbers_are_classes_without_a_point(train: list[object], suffix: str, tmp_path: Path) -> None:
    assert read(tmp_path, train, [0, 1], suffix).labels == ["0", "1"]


def test_only_whole_numbers_lose_their_point() -> None:
    same = ["1.5", "v1.0", "1.0.0", ".0", "1e0", "yes", "", "007"]
    assert [without_point(label) for label in same] == same
    assert [without_point(label) for label in ("3.0", "-2.00", "+1.", "-0.0")] == ["3", "-2", "+1", "0"]


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_words_for_missing_are_missing(suffix: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tables = read(tmp_path, ["yes", "no", *MISSING], ["yes", "nan"], suffix)
    assert tables.labels == ["no", "yes"]
    assert tables.dropped == {"train: no label": 10 * len(MISSING), "test: no label": 1}
    shown = f"row {'3' if suffix == 'csv' else '2'} (label 'nan' says that there is none: see `missing`)"
    assert shown in capsys.readouterr().out
    with pytest.raises(ValueError, match=r"label '#N/A' says that there is none.*set bad_rows: drop"):
        read(tmp_path, ["yes", "no", "#N/A"], ["yes"], suffix, bad_rows="refuse")


def test_a_class_may_be_called_none(tmp_path: Path) -> None:
    assert read(tmp_path, ["none", "some"], ["none"]).labels == ["none", "some"]
    assert read(tmp_path, ["None", "Some"], ["None"], missing=[]).labels == ["None", "Some"]


def test_classes_that_differ_by_case_or_blanks_are_pointed_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tables = read(tmp_path, ["pos", "POS", "very good", "verygood", "neg\u200b", "neg"], ["pos"])
    assert tables.facts["labels alike"] == [["POS", "pos"], ["neg", "neg\u200b"], ["very good", "verygood"]]
    assert "the classes 'POS', 'pos' differ by case or blanks only: if they are one, spell" in capsys.readouterr().out
    assert alike(["pos", "neg"]) == [] and "labels alike" not in read(tmp_path, ["pos", "neg"], ["pos"]).facts
    with pytest.raises(ValueError, match=r"label 'Neg' is not in train \(train has 'neg': spell them alike\)"):
        read(tmp_path, ["pos", "neg"], ["pos", "Neg"])
