"""A user's own CSV, TSV, JSONL or Parquet files, of texts or of names of images."""

from pathlib import Path
from typing import Literal

import pandas as pd
from pandas import DataFrame

from slim.download.cleaning import clean as without_markup
from slim.download.cleaning import normalize_spaces
from slim.download.deduplication import separate
from slim.download.readers import BadRow, describe, read
from slim.download.sampling import cut, proportional
from slim.download.tables import Tables, check, numbered


def files(
    *,
    train: str,
    test: str,
    path: str = "",
    validation: str | None = None,
    unlabelled: str | None = None,
    text: str = "text",
    text_pair: str | None = None,
    image: str | None = None,
    label: str = "label",
    delimiter: str | None = None,
    clean: bool = False,
    bad_rows: Literal["drop", "refuse"] = "drop",
    max_classes: int = 150,
    train_rows: int | None = None,
    validation_rows: int | None = None,
    test_rows: int | None = None,
    unlabelled_rows: int | None = None,
    validation_fraction: float = 0.1,
    seed: int = 0,
) -> Tables:
    """The rows of two to four files.

    `path` is the folder that they lie in; `text`, `label` and, where texts come in pairs, `text_pair` name their
    columns; or else `image` that of the names of PNG and JPEG files in that folder. `delimiter` separates the fields
    of a CSV; with `clean`, texts lose their markup (slim/download/cleaning.py). Bad rows (without text or label, with
    more or fewer fields than the header, not JSON) are counted and shown, then dropped or refused. More than
    `max_classes` labels are refused. Without `validation`, `validation_fraction` of each class of train is held out
    for it. `*_rows` keep at most so many rows of a split, with its proportions of classes. Texts that a later split
    (train, validation, test) has too are dropped. `unlabelled` is a file of further texts for the teacher to label
    (its labels, if any, are not read); those that stand in a split are dropped. Classes are numbered in the order of
    their names (as numbers, if all of them are). Raises ValueError, in one line, when a file cannot be used.
    """
    if unlabelled is not None and text_pair is not None:
        raise ValueError("unlabelled texts do not come in pairs: drop `unlabelled` or `text_pair`")
    names = {"train": train, "validation": validation, "test": test, "unlabelled": unlabelled}
    paths = {split: str(Path(path) / name) for split, name in names.items() if name is not None}
    if image is not None and (unlabelled, text_pair) != (None, None):
        raise ValueError("images have no `unlabelled` and no `text_pair`: drop them, or `image`")
    read_as = {"image": image} if image else {"text": text} | ({"text_pair": text_pair} if text_pair else {})
    columns = read_as | {"label": label}
    dropped: dict[str, int] = {}
    tables = {
        name: _usable(file, columns if name != "unlabelled" else {"text": text}, name, dropped,
                      delimiter=delimiter, clean=clean, refuse=bad_rows == "refuse")
        for name, file in paths.items()
    }  # fmt: skip
    if image:
        tables = {name: _with_images(frame, Path(path), paths[name]) for name, frame in tables.items()}
    more = tables.pop("unlabelled", None)
    _look_like_classes(tables["train"], paths["train"], label, max_classes)
    splits = tables if validation else _with_validation(tables, validation_fraction, seed)
    splits, duplicates = separate(splits, near=False)
    further = [] if more is None else _unlabelled(more["text"], splits, dropped)
    rows = {"train": train_rows, "validation": validation_rows, "test": test_rows}
    sampled = {name: proportional(frame, rows[name], seed) for name, frame in splits.items()}
    _all_in_train(sampled, splits["train"], paths)
    labels = _ordered(set(sampled["train"]["label"].unique()))
    return check(
        Tables(
            splits=numbered(sampled, labels),
            labels=labels,
            origin="files: " + ", ".join(Path(file).name for name, file in paths.items() if name != "unlabelled"),
            licence="the user's own",
            dropped={why: count for why, count in (dropped | duplicates).items() if count},
            unlabelled=further[:unlabelled_rows],
        )
    )


def _usable(
    path: str,
    columns: dict[str, str],
    name: str,
    dropped: dict[str, int],
    *,
    delimiter: str | None,
    clean: bool,
    refuse: bool,
) -> DataFrame:
    """The rows of a file that have all the columns, under their names here; counts, shows or refuses the others."""
    table = read(path, list(columns.values()), delimiter)
    frame = DataFrame({name: normalize_spaces(table.frame[column]) for name, column in columns.items()})
    if clean:
        texts = [column for column in columns if column.startswith("text")]
        frame = frame.assign(**{column: frame[column].map(without_markup).astype(str) for column in texts})
    frame, empty = _filled(frame, columns) if "label" in columns else (frame, [])
    bad = [*table.bad, *empty]
    for _, kind, _ in bad:
        dropped[f"{name}: {kind}"] = dropped.get(f"{name}: {kind}", 0) + 1
    if bad and refuse:
        raise ValueError(f"{describe(path, bad)}: repair them, or set bad_rows: drop")
    if frame.empty and "label" in columns:
        wanted = " and a ".join(f"'{column}'" for column in columns.values())
        raise ValueError(f"{describe(path, bad) + '; ' if bad else ''}{path} has no row with both a {wanted}: fill it")
    if bad:
        print(f"dropped of {describe(path, bad)}", flush=True)
    return frame.reset_index(drop=True)


def _with_images(frame: DataFrame, folder: Path, path: str) -> DataFrame:
    """The rows with the images in place of their names. Raises ValueError, naming the first that cannot be read."""
    from slim.utils.image_files import decode_image  # only here, since texts need no Pillow

    files = [folder / name for name in frame["image"]]
    if absent := next((file for file in files if not file.is_file()), None):
        raise ValueError(f"{path}: the image {absent} does not exist: add it, or remove its row")
    images = [file.read_bytes() for file in files]
    for file, image in zip(files, images, strict=True):
        try:
            decode_image(image)
        except ValueError as error:
            raise ValueError(f"{file} {error}: repair it, or remove its row of {path}") from error
    return frame.assign(image=images)


def _filled(frame: DataFrame, columns: dict[str, str]) -> tuple[DataFrame, list[BadRow]]:
    """(the rows that have every column, the others); a row counts under the first column that it lacks."""
    bad: list[BadRow] = []
    for name, column in columns.items():
        empty = frame[name] == ""
        reason = f"no {name}" if name == column else f"no '{column}'"
        bad += [BadRow(int(row), f"no {name}", reason) for row in frame.index[empty]]
        frame = frame[~empty] if empty.any() else frame
    return frame, bad


def _look_like_classes(frame: DataFrame, path: str, label: str, most: int) -> None:
    labels = frame["label"].drop_duplicates()
    if len(labels) > most:
        raise ValueError(
            f"{path}: column '{label}' holds {len(labels):,d} different labels ({', '.join(labels.head(3))}, ...), "
            f"like a number to predict or an id: name the column of the classes in `label`, or raise max_classes"
        )


def _with_validation(splits: dict[str, DataFrame], fraction: float, seed: int) -> dict[str, DataFrame]:
    rest, validation = cut(splits["train"], fraction, seed)
    if validation.empty:
        raise ValueError(
            f"validation_fraction {fraction} of {len(rest)} rows takes none of any class: raise it, "
            f"or name a validation file"
        )
    return {"train": rest, "test": splits["test"], "validation": validation}


def _all_in_train(sampled: dict[str, DataFrame], train: DataFrame, paths: dict[str, str]) -> None:
    """Refuse a label that could not be learnt, naming the cause: the files or the number of rows."""
    for name, frame in sampled.items():
        unknown = _ordered(set(frame["label"].unique()) - set(sampled["train"]["label"].unique()))
        if unknown and unknown[0] in set(train["label"].unique()):
            raise ValueError(f"train_rows {len(sampled['train'])} leaves no row of label '{unknown[0]}': raise it")
        if unknown:
            where = paths.get(name, paths["train"])
            raise ValueError(f"{where}: label '{unknown[0]}' is not in train: add rows of it there, or remove it here")


def _unlabelled(texts: "pd.Series[str]", splits: dict[str, DataFrame], dropped: dict[str, int]) -> list[str]:
    """Texts that are not empty, not twice there and in no split; counts the others."""
    known = pd.concat([frame["text"] for frame in splits.values()])
    new = texts[(texts != "") & ~texts.duplicated() & ~texts.isin(known)]
    dropped["unlabelled: empty, duplicate or in a split"] = len(texts) - len(new)
    return list(new)


def _ordered(labels: set[str]) -> list[str]:
    try:
        return sorted(labels, key=int)
    except ValueError:
        return sorted(labels)
