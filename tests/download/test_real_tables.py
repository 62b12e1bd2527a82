"""Samples of public datasets through the door for a user's own files, where they lie beside the repository."""

from pathlib import Path

import pandas as pd
import pytest

from slim.download.datasets.files import files
from slim.download.tables import card, write
from slim.modeling.splits import read_split
from tests.imports import ROOT

SHARED = ROOT.parent / "shared" / "datasets"
"""Samples of public datasets, where a machine has them; they are not part of the project."""
CLASSES = {"20newsgroups": 20, "cola": 2, "mrpc": 2}


@pytest.mark.skipif(not SHARED.is_dir(), reason="no samples of public datasets on this machine")
@pytest.mark.parametrize("name", CLASSES)
def test_real_datasets_load_with_every_row(name: str, tmp_path: Path) -> None:
    pair = {"text_pair": "text_pair"} if name == "mrpc" else {}
    tables = files(path=str(SHARED / name), train="train.csv", test="test.csv", bad_rows="refuse", **pair)
    about = card(tables)
    originals = {split: pd.read_csv(SHARED / name / f"{split}.csv", dtype=str) for split in ("train", "test")}
    duplicates = sum(about["dropped"].values())
    assert set(about["dropped"]) <= {"train: also in a later split", "validation: also in a later split"}
    assert about["splits"]["test"]["rows"] == len(originals["test"])
    rows = about["splits"]["train"]["rows"] + about["splits"]["validation"]["rows"]
    assert rows + duplicates == len(originals["train"]) and duplicates <= 0.01 * len(originals["train"])
    assert len(tables.labels) == CLASSES[name] == originals["train"]["label"].nunique()
    counts = originals["test"]["label"].value_counts()
    assert about["splits"]["test"]["rows per class"] == {label: counts[label] for label in tables.labels}
    write(tables, tmp_path)
    assert isinstance(read_split(tmp_path, "test").inputs[0], tuple if pair else str)
