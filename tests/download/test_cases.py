"""Tables that users brought are read whole, or refused with what is wrong with them; skipped where they are absent."""

import pytest

from slim.download.datasets.files import files
from tests.imports import ROOT

CASES = ROOT.parent / "shared/cases"
READ = {
    "plain": 120, "chinese": 120, "ids": 120, "one_test_row": 120, "float_mixed_in_train": 120,
    "float_train_int_test": 120, "nan_label_text": 112, "lone_surrogate": 120, "tsv_open_quotes": 122,
}  # fmt: skip
"""Case -> its usable rows, of two classes."""
REFUSED = {
    "csv_open_quotes": r"a quote in row 22 that takes in the rows below it",
    "json_array": r"is a JSON array",
    "same_file": r"train and test are one file",
    "sep_line": r"Excel's line 'sep=;'",
    "space_header": r"a blank in the name of its column ' label'",
}


def case(name: str):
    if not (CASES / name).is_dir():
        pytest.skip(f"{CASES / name} is not there")
    suffix = next((CASES / name).glob("train.*")).suffix
    return files(path=str(CASES / name), train=f"train{suffix}", test=f"test{suffix}")


@pytest.mark.parametrize("name", READ)
def test_a_table_is_read_whole(name: str) -> None:
    tables = case(name)
    assert len(tables.splits["train"]) + len(tables.splits["validation"]) == READ[name]
    assert len(tables.labels) == 2


@pytest.mark.parametrize("name", REFUSED)
def test_a_table_that_cannot_be_read_says_why(name: str) -> None:
    with pytest.raises(ValueError, match=REFUSED[name]) as refusal:
        case(name)
    assert "\n" not in str(refusal.value)
