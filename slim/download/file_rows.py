"""A user's own CSV, TSV, JSONL or Parquet files, of texts or of names of images."""

from itertools import combinations
from pathlib import Path

import pandas as pd
from pandas import DataFrame

from slim.download.cleaning import clean as without_markup
from slim.download.cleaning import normalize_spaces
from slim.download.readers import BadRow, Dialect, describe, read
from slim.download.sampling import cut
from slim.download.spelling import alike, bare, without_point
from slim.download.tables import SPLITS, content

FEW = 10
"""Rows of test with fewer than which it says little."""


def usable_rows(
    path: str,
    columns: dict[str, str],
    name: str,
    dropped: dict[str, int],
    counts: dict[str, dict[str, int]],
    *,
    dialect: Dialect,
    missing: list[str],
    clean: bool,
    refuse: bool,
) -> DataFrame:
    """The rows of a file that have all the columns, under their names here; counts, shows or refuses the others.

    `counts` gets the lines and rows of the file; `missing`: labels that say that there is none.
    """
    table = read(path, list(columns.values()), dialect)
    counts[name] = table.lines | {"rows": len(table.frame) + len(table.bad)}
    frame = DataFrame({name: normalize_spaces(table.frame[column]) for name, column in columns.items()})
    if clean:
        texts = [column for column in columns if column.startswith("text")]
        frame = frame.assign(**{column: frame[column].map(without_markup).astype(str) for column in texts})
    frame, empty = _filled(frame, columns, missing) if "label" in columns else (frame, [])
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


def with_images(frame: DataFrame, folder: Path, path: str) -> DataFrame:
    """The rows with the images in place of their names; says how many are transparent.

    Raises ValueError, naming the first that cannot be read.
    """
    from slim.utils.image_files import is_transparent  # only here, since texts need no Pillow

    files = [folder / name for name in frame["image"]]
    if absent := next((file for file in files if not file.is_file()), None):
        raise ValueError(f"{path}: the image {absent} does not exist: add it, or remove its row")
    images, transparent = [file.read_bytes() for file in files], 0
    for file, image in zip(files, images, strict=True):
        try:
            transparent += is_transparent(image)
        except ValueError as error:
            raise ValueError(f"{file} {error}: repair it, or remove its row of {path}") from error
    if transparent:
        print(f"{path}: {transparent} of {len(images)} images are transparent, and shown on white", flush=True)
    return frame.assign(image=images)


def _filled(frame: DataFrame, columns: dict[str, str], missing: list[str]) -> tuple[DataFrame, list[BadRow]]:
    """(the rows that have every column, the others); a row counts under the first column that it lacks."""
    words = frame["label"].isin(missing)
    reason = "label '{}' says that there is none: see `missing`".format
    bad = [BadRow(int(row), "no label", reason(frame["label"][row])) for row in frame.index[words]]
    frame = frame[~words]
    spelled = {label: without_point(label) for label in frame["label"].unique()}
    frame = frame.assign(label=frame["label"].map(spelled).astype(str))
    for name, column in columns.items():
        empty = frame[name] == ""
        lack = f"no {name}" if name == column else f"no '{column}'"
        bad += [BadRow(int(row), f"no {name}", lack) for row in frame.index[empty]]
        frame = frame[~empty] if empty.any() else frame
    return frame, bad


def refuse_numbers_as_labels(frame: DataFrame, path: str, label: str, most: int) -> None:
    labels = frame["label"].drop_duplicates()
    if len(labels) > most:
        raise ValueError(
            f"{path}: column '{label}' holds {len(labels):,d} different labels ({', '.join(labels.head(3))}, ...), "
            f"like a number to predict or an id: name the column of the classes in `label`, or raise max_classes"
        )


def hold_out_validation(splits: dict[str, DataFrame], fraction: float, seed: int) -> dict[str, DataFrame]:
    rest, validation = cut(splits["train"], fraction, seed)
    if validation.empty:
        raise ValueError(
            f"validation_fraction {fraction} of {len(rest)} rows takes none of any class: raise it, "
            f"or name a validation file"
        )
    return {"train": rest, "test": splits["test"], "validation": validation}


def refuse_rows_of_another_split(splits: dict[str, DataFrame], paths: dict[str, str]) -> None:
    """Refuse a file of whose texts none would be left, since a later split has them all."""
    for one, other in combinations([name for name in SPLITS if name in splits], 2):
        if content(splits[one]).isin(set(content(splits[other]))).all():
            raise ValueError(
                f"{one} and {other} are one file, or as good as one: every text of {paths[one]} stands in "
                f"{paths[other]}: name another file for one of them"
            )


def refuse_labels_not_in_train(sampled: dict[str, DataFrame], train: DataFrame, paths: dict[str, str]) -> None:
    """Refuse a label that could not be learnt, naming the cause: the files or the number of rows."""
    known = set(sampled["train"]["label"].unique())
    for name, frame in sampled.items():
        unknown = in_order(set(frame["label"].unique()) - known)
        if unknown and unknown[0] in set(train["label"].unique()):
            raise ValueError(f"train_rows {len(sampled['train'])} leaves no row of label '{unknown[0]}': raise it")
        if unknown:
            where = paths.get(name, paths["train"])
            near = [label for label in in_order(known) if bare(label) == bare(unknown[0])]
            hint = f" (train has '{near[0]}': spell them alike)" if near else ""
            raise ValueError(
                f"{where}: label '{unknown[0]}' is not in train{hint}: add rows of it there, or remove it here"
            )


def point_out(labels: list[str], test: DataFrame) -> None:
    """Print what is no fault but looks like one: labels that are nearly the same, and very few rows of test."""
    for group in alike(labels):
        names = ", ".join(f"'{label}'" for label in group)
        print(f"the classes {names} differ by case or blanks only: if they are one, spell them alike", flush=True)
    if len(test) < FEW:
        rows = f"{len(test)} row{'s' if len(test) > 1 else ''}"
        print(f"test has {rows}: one of them moves an accuracy by {100 / len(test):.0f} points", flush=True)


def new_texts(texts: "pd.Series[str]", splits: dict[str, DataFrame], dropped: dict[str, int]) -> list[str]:
    """Texts that are not empty, not twice there and in no split; counts the others."""
    known = pd.concat([frame["text"] for frame in splits.values()])
    new = texts[(texts != "") & ~texts.duplicated() & ~texts.isin(known)]
    dropped["unlabelled: empty, duplicate or in a split"] = len(texts) - len(new)
    return list(new)


def in_order(labels: set[str]) -> list[str]:
    try:
        return sorted(labels, key=int)
    except ValueError:
        return sorted(labels)
