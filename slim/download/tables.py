"""The one schema of every dataset: splits of (text or image, label), unlabelled texts, and a card."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pandas import DataFrame, Series

from slim.utils.io import write_json, written_aside

SPLITS = ("train", "validation", "test")
_INPUTS = (["text"], ["text", "text_pair"], ["image"])


@dataclass(frozen=True)
class Tables:
    """A dataset ready to be written."""

    splits: dict[str, DataFrame]
    """train, validation and test, each with exactly the columns text (str), text_pair (str, only where texts come in
    pairs), or image (bytes of a file) in their place, and label (int64), rows 0..n-1."""
    labels: list[str]
    """Name of class i."""
    origin: str
    licence: str
    dropped: dict[str, int] = field(default_factory=dict)
    """Why rows were removed -> how many."""
    unlabelled: list[str] = field(default_factory=list)
    """Texts for a teacher to label, none of them in a split."""
    facts: dict[str, Any] = field(default_factory=dict)
    """What else the card says."""


def content(frame: DataFrame) -> "Series[str]":
    """What tells rows apart: the text, and after a tab its pair; the hash of an image's file."""
    if "image" in frame.columns:
        return Series([sha256(file).hexdigest() for file in frame["image"]], index=frame.index, dtype=str)
    return frame["text"] + "\t" + frame["text_pair"] if "text_pair" in frame.columns else frame["text"]


def numbered(splits: dict[str, DataFrame], labels: list[str]) -> dict[str, DataFrame]:
    """The splits with class names replaced by their place in `labels`, and nothing but inputs and label."""
    place = {label: i for i, label in enumerate(labels)}
    return {
        name: DataFrame(
            {column: splits[name][column].astype(object if column == "image" else str)
             for column in _inputs(splits[name])}
            | {"label": splits[name]["label"].map(place).astype("int64")}
        ).reset_index(drop=True)
        for name in SPLITS
    }  # fmt: skip


def _inputs(frame: DataFrame) -> list[str]:
    """Which columns hold what is to be classified."""
    return [name for name in ("image", "text", "text_pair") if name in frame.columns]


def check(tables: Tables) -> Tables:
    """The same tables. Raises ValueError, in one line, when nothing could be learnt or measured from them."""
    for name in SPLITS:
        if name not in tables.splits or tables.splits[name].empty:
            raise ValueError(f"{name} is empty: ask for more rows, or loosen what is dropped ({tables.dropped})")
        columns = list(tables.splits[name].columns)
        if columns not in [[*inputs, "label"] for inputs in _INPUTS]:
            raise ValueError(f"{name} has columns {', '.join(columns)}: they must be text or image, and label")
    if len(tables.labels) < 2:
        raise ValueError(f"only one class ({', '.join(tables.labels)}): a classifier needs two or more")
    absent = sorted(set(range(len(tables.labels))) - set(tables.splits["train"]["label"]))
    if absent:
        raise ValueError(f"train has no row of class '{tables.labels[absent[0]]}': add some, or remove the class")
    return tables


def card(tables: Tables) -> dict[str, Any]:
    """What a reader wants to know of a dataset before trusting a number measured on it."""
    return {
        "labels": tables.labels,
        "origin": tables.origin,
        "licence": tables.licence,
        "dropped": tables.dropped,
        "splits": {name: _summary(tables.splits[name], tables.labels) for name in SPLITS},
        "unlabelled": {"rows": len(tables.unlabelled), "sha256": _digest(tables.unlabelled)},
    } | tables.facts


def _summary(frame: DataFrame, labels: list[str]) -> dict[str, Any]:
    counts, own = frame["label"].value_counts(), content(frame)
    return {
        "rows": len(frame),
        "rows per class": {label: int(counts.get(i, 0)) for i, label in enumerate(labels)},
        **(_sizes(frame["image"]) if "image" in frame.columns else _lengths(own)),
        "sha256": _digest(f"{label}\t{each}" for each, label in zip(own, frame["label"], strict=True)),
    }


def _lengths(texts: "Series[str]") -> dict[str, Any]:
    return {"characters": _spread(texts.str.len()), "words": _spread(texts.str.count(r"\S+"))}


def _sizes(images: "Series[Any]") -> dict[str, Any]:
    from slim.utils.image_files import decode_image  # only here, since texts need no Pillow

    sizes = [decode_image(file).size for file in images]
    return {side: _spread(Series([size[axis] for size in sizes])) for axis, side in enumerate(("width", "height"))}


def _digest(lines: Iterable[str]) -> str:
    digest = sha256()
    for line in lines:
        digest.update(f"{line}\n".encode())
    return digest.hexdigest()


def _spread(lengths: "Series[int]") -> dict[str, float]:
    return {
        "median": float(lengths.median()),
        "90th percentile": float(lengths.quantile(0.9)),
        "max": float(lengths.max()),
    }


def write(tables: Tables, folder: str | Path) -> None:
    """The three splits and `unlabelled` as .parquet, and `card.json`; the same bytes for the same tables."""
    files = {name: (frame, _schema(frame)) for name, frame in check(tables).splits.items()}
    schema = pa.schema([_schema(tables.splits["train"]).field(0)])
    files["unlabelled"] = (DataFrame({schema.names[0]: tables.unlabelled}), schema)
    for name, (frame, schema) in files.items():
        with written_aside(Path(folder) / f"{name}.parquet") as aside:
            pq.write_table(pa.Table.from_pandas(frame, schema=schema, preserve_index=False), aside)
    write_json(card(tables), Path(folder) / "card.json")


def _schema(frame: DataFrame) -> pa.Schema:
    kind = pa.binary() if "image" in frame.columns else pa.string()
    return pa.schema([*((column, kind) for column in _inputs(frame)), ("label", pa.int64())])
