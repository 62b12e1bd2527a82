"""The one schema of every dataset: splits of (text or image, label), and what is done to rows on the way there.

Pure functions of DataFrames; only `write` touches the disk. Every choice among rows is made by a hash of their
content, never by a stream of random numbers, so that it is the same on every machine and under every version.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pandas import DataFrame, Series
from scipy.sparse import csr_array

from slim.utils.image_files import decode_image
from slim.utils.io import write_json, written_aside

SPLITS = ("train", "validation", "test")


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


def tidy(texts: "Series[str]") -> "Series[str]":
    """Every run of white space as one blank, none at either end."""
    return Series([" ".join(text.split()) for text in texts], index=texts.index, dtype=str)


def cleaned(text: str) -> str:
    """A text as it would be read, without what web pages and dumps left in it. The rules, until none applies:

    1. an escaped line break or tab (a backslash and n, r or t) becomes a blank, an escaped quote a quote
    2. HTML entities become their characters, also the numbered and commonest ones that lost their ampersand
    3. HTML comments and tags become a blank; a lone `<` stays
    4. every run of white space becomes one blank, none at either end
    """
    again = _cleaned_once(text)
    while again != text:
        text, again = again, _cleaned_once(again)
    return text


def _cleaned_once(text: str) -> str:
    text = re.sub(r"\\([\"'])", r"\1", re.sub(r"\\[nrt]", " ", text))
    text = unescape(re.sub(r"(?<![&;])(#\d+|\b(?:quot|amp|lt|gt|nbsp));", r"&\1;", text))
    text = re.sub(r"<!--.*?-->|</?[A-Za-z][A-Za-z0-9]*(?:\s[^<>]*)?/?>", " ", text, flags=re.DOTALL)
    return " ".join(text.split())


def as_they_are(texts: "Series[str]") -> "Series[str]":
    return texts


def content(frame: DataFrame, key: "Callable[[Series[str]], Series[str]]" = as_they_are) -> "Series[str]":
    """What tells rows apart: the key of the text, and after a tab that of its pair; the hash of an image's file."""
    if "image" in frame.columns:
        return Series([sha256(file).hexdigest() for file in frame["image"]], index=frame.index, dtype=str)
    own = key(frame["text"])
    return own + "\t" + key(frame["text_pair"]) if "text_pair" in frame.columns else own


def letters(texts: "Series[str]") -> "Series[str]":
    """What is left of a text when only its letters count, in lower case; a text without any is itself."""
    bare = texts.str.lower().str.replace(r"[\W\d_]+", "", regex=True)
    return bare.where(bare != "", texts)


def share(text: str, seed: int = 0) -> float:
    """A number in [0, 1) that depends on the seed and the text alone: the same one on every machine."""
    return int.from_bytes(sha256(f"{seed}\n{text}".encode()).digest()[:7], "big") / 2**56


def shuffled(frame: DataFrame, seed: int) -> DataFrame:
    """The rows ordered by the hash of their text: a permutation that follows rows, not positions."""
    shares = np.fromiter((share(text, seed) for text in content(frame)), dtype=np.float64, count=len(frame))
    order = np.argsort(shares, kind="stable")
    return frame.iloc[order].reset_index(drop=True)


def balanced(frame: DataFrame, each: int, seed: int) -> DataFrame:
    """`each` rows of every class, the first by hash; all rows of a class that has fewer."""
    return shuffled(frame, seed).groupby("label", sort=False).head(each).reset_index(drop=True)


def proportional(frame: DataFrame, rows: int | None, seed: int) -> DataFrame:
    """At most `rows` rows, chosen by hash, in the proportions of the classes; all of them for None."""
    if rows is None or rows >= len(frame):
        return frame
    mixed = shuffled(frame, seed)
    place = mixed.groupby("label").cumcount()
    order = (place + 0.5) / mixed.groupby("label")["label"].transform("size")
    return mixed.iloc[order.argsort(kind="stable")[:rows].sort_values()].reset_index(drop=True)


def cut(frame: DataFrame, part: float, seed: int) -> tuple[DataFrame, DataFrame]:
    """(the rest, `part` of every class), each in its old order; twins stay together, so none is lost to the cut.

    A class always keeps a text in the rest, so that it can be learnt.
    """
    own = content(frame)
    taken: set[str] = set()
    for _, rows in shuffled(frame[~own.duplicated()], seed).groupby("label"):
        taken |= set(content(rows).head(min(round(part * len(rows)), len(rows) - 1)))
    chosen = own.isin(taken)
    return frame[~chosen].reset_index(drop=True), frame[chosen].reset_index(drop=True)


def shingles(texts: "Series[str]", width: int = 3) -> csr_array:
    """Which runs of `width` words each text has [texts, different runs], 0 or 1; shorter texts count as one run."""
    rows: list[int] = []
    runs: list[str] = []
    for row, text in enumerate(texts):
        words = text.lower().split()
        own = {" ".join(words[i : i + width]) for i in range(max(1, len(words) - width + 1))}
        rows += [row] * len(own)
        runs += own
    columns, known = pd.factorize(np.array(runs, dtype=object), sort=True)
    return csr_array((np.ones(len(rows), dtype=np.int32), (rows, columns)), shape=(len(texts), len(known)))


def near(texts: "Series[str]", among: "Series[str]", least: float = 0.8) -> NDArray[np.bool_]:
    """Which texts share at least `least` of their runs of three words (Jaccard) with one of the others [texts].

    Exact, not estimated: two such texts must share one of the rarest (1 - least) of their runs, so only pairs
    that do are compared.
    """
    both = shingles(pd.concat([texts, among], ignore_index=True))
    sizes = both.sum(axis=1)
    rare = _rarest(both, least)
    left, right = slice(None, len(texts)), slice(len(texts), None)
    pairs = (rare[left] @ rare[right].T).tocoo()
    one, other = pairs.row, pairs.col + len(texts)
    common = np.asarray(both[one].multiply(both[other]).sum(axis=1)).ravel()
    found = np.zeros(len(texts), dtype=bool)
    found[one[common >= least * (sizes[one] + sizes[other] - common) - 1e-9]] = True
    return found


def _rarest(matrix: csr_array, least: float) -> csr_array:
    """Each row with only its rarest entries, enough for two rows of Jaccard >= least to share one of them."""
    frequency = matrix.sum(axis=0)
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    order = np.lexsort((matrix.indices, frequency[matrix.indices], rows))
    sizes = np.diff(matrix.indptr)
    place = np.arange(len(rows)) - np.repeat(matrix.indptr[:-1], sizes)
    kept = place < np.repeat(sizes - np.ceil(least * sizes - 1e-9) + 1, sizes)
    columns = matrix.indices[order][kept]
    return csr_array((np.ones(len(columns), dtype=np.int32), (rows[kept], columns)), shape=matrix.shape)


def distinct(splits: dict[str, DataFrame], *, also_near: bool) -> tuple[dict[str, DataFrame], dict[str, int]]:
    """Splits that share no text, and what was removed and why: the later split (train, validation, test) keeps it.

    Exact twins count whatever their label; texts are tidy already. With `also_near`, texts of the same letters are
    twins too, within a split as well (the first stays), and so are those that share 0.8 of their runs of three words
    across splits.
    """
    key = letters if also_near else as_they_are
    kept = dict(splits)
    dropped: dict[str, int] = {}
    for name in reversed(SPLITS):
        frame = kept[name]
        later = [kept[other] for other in SPLITS[SPLITS.index(name) + 1 :]]
        own = content(frame, key)
        if also_near:
            again = own.duplicated()
            dropped[f"{name}: again"] = int(again.sum())
            frame, own = frame[~again], own[~again]
        if later:
            others = pd.concat([content(table, key) for table in later], ignore_index=True)
            twin = own.isin(set(others))
            dropped[f"{name}: also in a later split"] = int(twin.sum())
            frame = frame[~twin]
            if also_near:
                texts = pd.concat([content(table) for table in later], ignore_index=True)
                close = near(content(frame), texts)
                dropped[f"{name}: nearly in a later split"] = int(close.sum())
                frame = frame[~close]
        kept[name] = frame.reset_index(drop=True)
    return kept, dropped


def numbered(splits: dict[str, DataFrame], labels: list[str]) -> dict[str, DataFrame]:
    """The splits with class names replaced by their place in `labels`, and nothing but inputs and label."""
    place = {label: i for i, label in enumerate(labels)}
    return {
        name: DataFrame(
            {column: splits[name][column].astype(_KINDS[column]) for column in _inputs(splits[name])}
            | {"label": splits[name]["label"].map(place).astype("int64")}
        ).reset_index(drop=True)
        for name in SPLITS
    }


def _inputs(frame: DataFrame) -> list[str]:
    """Which columns hold what is to be classified."""
    return ["image"] if "image" in frame.columns else [name for name in ("text", "text_pair") if name in frame.columns]


_KINDS = {"text": str, "text_pair": str, "image": object}
_COLUMNS = (["text", "label"], ["text", "text_pair", "label"], ["image", "label"])


def check(tables: Tables) -> Tables:
    """The same tables. Raises ValueError, in one line, when nothing could be learnt or measured from them."""
    for name in SPLITS:
        if name not in tables.splits or tables.splits[name].empty:
            raise ValueError(f"{name} is empty: ask for more rows, or loosen what is dropped ({tables.dropped})")
        if list(tables.splits[name].columns) not in _COLUMNS:
            found = ", ".join(tables.splits[name].columns)
            raise ValueError(f"{name} has columns {found}: they must be text or image, and label")
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
        "splits": {name: _about(tables.splits[name], tables.labels) for name in SPLITS},
        "unlabelled": {"rows": len(tables.unlabelled), "sha256": _digest(tables.unlabelled)},
    } | tables.facts


def _about(frame: DataFrame, labels: list[str]) -> dict[str, Any]:
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
    found = {name: (frame, _schema(frame)) for name, frame in check(tables).splits.items()}
    schema = pa.schema([_schema(tables.splits["train"]).field(0)])
    found["unlabelled"] = (DataFrame({schema.names[0]: tables.unlabelled}), schema)
    for name, (frame, schema) in found.items():
        with written_aside(Path(folder) / f"{name}.parquet") as aside:
            pq.write_table(pa.Table.from_pandas(frame, schema=schema, preserve_index=False), aside)
    write_json(card(tables), Path(folder) / "card.json")


def _schema(frame: DataFrame) -> pa.Schema:
    kind = pa.binary() if "image" in frame.columns else pa.string()
    return pa.schema([*((column, kind) for column in _inputs(frame)), ("label", pa.int64())])
