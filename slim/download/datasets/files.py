"""A user's own CSV, TSV, JSONL or Parquet files, of texts or of names of images."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from annotated_types import Len

from slim.utils.option_types import AtLeastTwo, Count, Fraction

if TYPE_CHECKING:
    from slim.download.tables import Tables


def files(
    *,
    path: str,
    train: str = "train.csv",
    test: str = "test.csv",
    validation: str | None = None,
    unlabelled: str | None = None,
    text: str = "text",
    text_pair: str | None = None,
    image: str | None = None,
    label: str = "label",
    delimiter: Annotated[str, Len(1, 1)] | None = None,
    quoting: bool | None = None,
    missing: list[str] | None = None,
    clean: bool = False,
    bad_rows: Literal["drop", "refuse"] = "drop",
    max_classes: AtLeastTwo = 150,
    train_rows: Count | None = None,
    validation_rows: Count | None = None,
    test_rows: Count | None = None,
    unlabelled_rows: Count | None = None,
    validation_fraction: Fraction = 0.1,
    seed: int = 0,
) -> "Tables":
    """The rows of two to four files.

    `path` is the folder that they lie in; `text`, `label` and, where texts come in pairs, `text_pair` name their
    columns; or else `image` that of the names of PNG and JPEG files in that folder. `delimiter` separates the fields
    of a CSV and, with `quoting`, quotes enclose them (by default: yes, but in a TSV that would lose rows); with
    `clean`, texts lose their markup (slim/download/cleaning.py). Labels in `missing` (by default what programs write)
    say that there is none; those that are whole numbers have no point. Bad rows (without text or label, with more or
    fewer fields than the header, no JSON or no Unicode) are counted and shown, then dropped or refused. More than
    `max_classes` labels are refused. Without `validation`, `validation_fraction` of each class of train is held out
    for it. `*_rows` keep at most so many rows of a split, with its proportions of classes. Texts that a later split
    (train, validation, test) has too are dropped. `unlabelled` is a file of further texts for the teacher to label
    (its labels, if any, are not read); those that stand in a split are dropped. Classes are numbered in the order of
    their names (as numbers, if all of them are). Raises ValueError, in one line, when a file cannot be used.
    """
    from slim.download.deduplication import separate
    from slim.download.file_rows import (
        hold_out_validation,
        in_order,
        new_texts,
        point_out,
        refuse_labels_not_in_train,
        refuse_numbers_as_labels,
        refuse_rows_of_another_split,
        usable_rows,
        with_images,
    )
    from slim.download.readers import Dialect
    from slim.download.sampling import proportional
    from slim.download.spelling import MISSING, alike
    from slim.download.tables import Tables, check, numbered

    if unlabelled is not None and text_pair is not None:
        raise ValueError("unlabelled texts do not come in pairs: drop `unlabelled` or `text_pair`")
    names = {"train": train, "validation": validation, "test": test, "unlabelled": unlabelled}
    paths = {split: str(Path(path) / name) for split, name in names.items() if name is not None}
    if image is not None and (unlabelled, text_pair) != (None, None):
        raise ValueError("images have no `unlabelled` and no `text_pair`: drop them, or `image`")
    read_as = {"image": image} if image else {"text": text} | ({"text_pair": text_pair} if text_pair else {})
    columns = read_as | {"label": label}
    dropped, counts = dict[str, int](), dict[str, dict[str, int]]()
    tables = {
        name: usable_rows(file, columns if name != "unlabelled" else {"text": text}, name, dropped, counts,
                          dialect=Dialect(delimiter, quoting), clean=clean,
                          missing=MISSING if missing is None else missing,
                          refuse=bad_rows == "refuse")
        for name, file in paths.items()
    }  # fmt: skip
    if image:
        tables = {name: with_images(frame, Path(path), paths[name]) for name, frame in tables.items()}
    more = tables.pop("unlabelled", None)
    refuse_numbers_as_labels(tables["train"], paths["train"], label, max_classes)
    refuse_rows_of_another_split(tables, paths)
    splits = tables if validation else hold_out_validation(tables, validation_fraction, seed)
    splits, duplicates = separate(splits, near=False)
    further = [] if more is None else new_texts(more["text"], splits, dropped)
    rows = {"train": train_rows, "validation": validation_rows, "test": test_rows}
    sampled = {name: proportional(frame, rows[name], seed) for name, frame in splits.items()}
    refuse_labels_not_in_train(sampled, splits["train"], paths)
    labels = in_order(set(sampled["train"]["label"].unique()))
    point_out(labels, sampled["test"])
    return check(
        Tables(
            splits=numbered(sampled, labels),
            labels=labels,
            origin="files: " + ", ".join(Path(file).name for name, file in paths.items() if name != "unlabelled"),
            licence="the user's own",
            dropped={why: count for why, count in (dropped | duplicates).items() if count},
            unlabelled=further[:unlabelled_rows],
            facts={"files": counts} | ({"labels alike": alike(labels)} if alike(labels) else {}),
        )
    )
