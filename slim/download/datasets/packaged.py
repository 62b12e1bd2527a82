"""Public benchmark data inside archives of the package index, as files of the catalogue describe it."""

from io import BytesIO
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv
from pandas import DataFrame, Series

from slim.download.archives import Archive, requirement
from slim.download.catalogue import File, PackagedEntry, read_packaged_entry
from slim.download.cleaning import unescape_entities
from slim.download.deduplication import letters, near_duplicates, separate
from slim.download.sampling import cut, proportional, shuffled
from slim.download.tables import Tables, check, numbered

TEST_SEED = 0
"""Of the test split of data that have no published one: it is the same for every `seed`."""


def packaged(
    *,
    path: str,
    train_rows: int | None = None,
    validation_rows: int | None = None,
    test_rows: int | None = None,
    unlabelled_rows: int | None = None,
    validation_fraction: float = 0.1,
    seed: int = 0,
) -> Tables:
    """Rows of a dataset in an archive, HTML entities unescaped.

    `path` is its file in the catalogue. The published test split is kept whole; where there is none, texts that stand
    twice (by their letters) go and `test_fraction` of the rest is cut by hash. Validation rows are cut from train:
    `validation_rows`, or `validation_fraction` without. Rows that a later split has, exactly or nearly, go. `*_rows`
    keep at most so many rows, with the proportions of the classes. Unlabelled texts are in no split.
    Raises ValueError, in one line, when the archive is missing or is not what the catalogue describes.
    """
    entry = read_packaged_entry(path)
    archive, dropped = Archive(entry, path), dict[str, int]()
    splits: dict[str, DataFrame] = {name: _labelled(entry, archive, name, dropped) for name in entry.files}
    if "all" in splits:
        rows = _distinct(splits.pop("all"), dropped)
        splits["train"], splits["test"] = cut(rows, entry.test_fraction, TEST_SEED)
    fraction = validation_rows / max(1, len(splits["train"])) if validation_rows else validation_fraction
    splits["train"], splits["validation"] = cut(splits["train"], min(fraction, 1.0), seed)
    splits, duplicates = separate(splits, near=True)
    unlabelled = _unlabelled(entry, archive, splits, dropped)
    limits = {"train": train_rows, "validation": validation_rows, "test": test_rows}
    drawn = {name: proportional(frame, limits[name], seed) for name, frame in splits.items()}
    labels = entry.labels or sorted(set(splits["train"]["label"]) | set(splits["test"]["label"]))
    return check(
        Tables(
            splits=numbered(drawn, labels),
            labels=labels,
            origin=entry.origin,
            licence=entry.licence,
            dropped={why: count for why, count in (dropped | duplicates).items() if count},
            unlabelled=unlabelled[:unlabelled_rows],
            facts={"packaged": _facts(entry)},
        )
    )


def read_rows(entry: PackagedEntry, archive: Archive, file: str) -> DataFrame:
    """The columns of a file as strings. Raises ValueError when a line has more or fewer."""
    try:
        table = pacsv.read_csv(
            BytesIO(archive.read(file)),
            pacsv.ReadOptions(use_threads=False, column_names=entry.columns, skip_rows=entry.header_lines),
            pacsv.ParseOptions(delimiter="\t", quote_char=False),
            pacsv.ConvertOptions(column_types=dict.fromkeys(entry.columns, pa.string()), strings_can_be_null=False),
        )
    except pa.ArrowInvalid as error:
        raise ValueError(f"{archive.path}: {file} is not laid out as its catalogue file says ({error})") from error
    frame = DataFrame({name: table[name].to_pandas().astype(str) for name in entry.columns})
    texts = Series([unescape_entities(text) for text in frame[entry.text]], dtype=str)
    return frame.assign(**{entry.text: texts})[texts != ""]


def _labelled(entry: PackagedEntry, archive: Archive, name: File, dropped: dict[str, int]) -> DataFrame:
    """text, label (name of the class) and, where there are any, document. Counts what is dropped."""
    rows = read_rows(entry, archive, entry.files[name])
    if len(rows) != (expected := entry.rows[name]):
        raise ValueError(f"{archive.described_in}: {name} has {len(rows):,d} rows, not the {expected:,d} it promises")
    frame = DataFrame({"text": rows[entry.text], "label": rows[entry.label]})
    if entry.document:
        frame["document"] = rows[entry.document].str.rsplit("_", n=1).str[0]
    if entry.label_rule == "sign":
        frame = _signs(frame, entry, name, dropped)
    if entry.labels and (unknown := set(frame["label"]) - set(entry.labels)):
        raise ValueError(f"{archive.described_in}: label '{min(unknown)}' is not among labels: add it")
    return frame.reset_index(drop=True)


def _signs(frame: DataFrame, entry: PackagedEntry, name: str, dropped: dict[str, int]) -> DataFrame:
    """Ratings as classes, without those that are exactly zero."""
    below, above = entry.labels or ("negative", "positive")
    ratings = frame["label"].astype(float)
    dropped[f"{name}: rated exactly zero"] = int((ratings == 0).sum())
    return frame.assign(label=(ratings > 0).map({True: above, False: below}).astype(str))[ratings != 0]


def _distinct(frame: DataFrame, dropped: dict[str, int]) -> DataFrame:
    """The first of the rows whose texts have the same letters."""
    again = letters(frame["text"]).duplicated()
    dropped["all: duplicate"] = int(again.sum())
    return frame[~again].reset_index(drop=True)


def _unlabelled(
    entry: PackagedEntry, archive: Archive, splits: dict[str, DataFrame], dropped: dict[str, int]
) -> list[str]:
    """Further texts in the order of their hashes, none twice and none (nearly) in a split."""
    if not entry.unlabelled:
        return []
    texts = pd.concat([read_rows(entry, archive, file)[entry.text] for file in entry.unlabelled], ignore_index=True)
    known = pd.concat([frame["text"] for frame in splits.values()], ignore_index=True)
    key = letters(texts)
    new = ~(key.duplicated() | key.isin(set(letters(known))))
    new &= ~near_duplicates(texts, known)
    dropped["unlabelled: duplicate or (nearly) in a split"] = int((~new).sum())
    return list(shuffled(DataFrame({"text": texts[new]}), TEST_SEED)["text"])


def _facts(entry: PackagedEntry) -> dict[str, Any]:
    """What the card says of where the rows are from and how they were split."""
    split = "the published one" if "test" in entry.files else f"{entry.test_fraction} of the rows, by a hash of "
    if "all" in entry.files:
        split += "the document they are from" if entry.document else "the text, in each class"
    facts = {
        "archive": entry.archive,
        "package": requirement(entry.archive, entry.sha256),
        "files": {name: "/".join(filter(None, (entry.inside, file))) for name, file in entry.files.items()},
        "rows": dict(entry.rows),
        "test split": split,
        "homepage": entry.homepage,
    }
    return facts | ({"paper": entry.paper} if entry.paper else {}) | ({"notes": entry.notes} if entry.notes else {})
