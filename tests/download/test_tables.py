"""What is written of a dataset: splits, card, bytes; and that every source of the folder is one of params.yaml."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from slim.config.messages import SOURCES
from slim.config.sections import ModelSource
from slim.download.tables import SPLITS, Tables, card, check, write
from slim.modeling.splits import read_split, read_unlabelled
from slim.utils.registry import names


def tables(**changed: object) -> Tables:
    frame = pd.DataFrame({"text": ["one word", "two words here"], "label": [0, 1]})
    plain: dict[str, Any] = {"splits": dict.fromkeys(SPLITS, frame), "labels": ["a", "b"], "origin": "here",
                             "licence": "none"}  # fmt: skip
    return Tables(**(plain | changed))


def test_the_card_counts() -> None:
    summary = card(tables())["splits"]["test"]
    assert summary["rows"] == 2 and summary["rows per class"] == {"a": 1, "b": 1}
    assert summary["characters"] == {"median": 11.0, "90th percentile": 13.4, "max": 14.0}
    assert summary["words"] == {"median": 2.5, "90th percentile": 2.9, "max": 3.0}


def test_written_tables_come_back(tmp_path: Path) -> None:
    write(tables(), tmp_path)
    frame = pd.read_parquet(tmp_path / "train.parquet")
    assert list(frame.columns) == ["text", "label"] and list(frame["text"]) == ["one word", "two words here"]
    assert read_unlabelled(tmp_path) == [] and read_split(tmp_path, "test").labels.tolist() == [0, 1]
    write(tables(unlabelled=["more", "texts"]), tmp_path)
    assert read_unlabelled(tmp_path) == ["more", "texts"]
    (tmp_path / "unlabelled.parquet").write_bytes(b"PAR1")
    with pytest.raises(ValueError, match=r"unlabelled\.parquet is damaged .*: remove it and run `dvc repro` again"):
        read_unlabelled(tmp_path)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"labels": ["a"]}, r"only one class \(a\): a classifier needs two"),
        ({"labels": ["a", "b", "c"]}, "train has no row of class 'c'"),
        ({"splits": {}}, "train is empty"),
    ],
)
def test_check_refuses_tables_that_nothing_can_be_learnt_from(changed: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check(tables(**changed))


def test_every_source_of_the_folders_is_a_source_of_the_parameters() -> None:
    assert sorted(SOURCES) == names("download/datasets") == ["digits", "files", "hub", "packaged"]
    assert sorted(ModelSource.model_fields["source"].annotation.__args__) == names("download/encoders")  # type: ignore[union-attr]
