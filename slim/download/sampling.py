"""Choosing rows: by a hash of their content, never by a stream of random numbers.

So a choice is the same on every machine, in every version, and for every order of the rows.
"""

from hashlib import sha256

import numpy as np
from pandas import DataFrame

from slim.download.tables import content


def hash_fraction(text: str, seed: int = 0) -> float:
    """A number in [0, 1) that follows from the seed and the text alone."""
    return int.from_bytes(sha256(f"{seed}\n{text}".encode()).digest()[:7], "big") / 2**56


def shuffled(frame: DataFrame, seed: int) -> DataFrame:
    """The rows in the order of their hashes."""
    fractions = np.fromiter((hash_fraction(text, seed) for text in content(frame)), np.float64, count=len(frame))
    return frame.iloc[np.argsort(fractions, kind="stable")].reset_index(drop=True)


def balanced(frame: DataFrame, each: int, seed: int) -> DataFrame:
    """`each` rows of every class; all rows of a class that has fewer."""
    return shuffled(frame, seed).groupby("label", sort=False).head(each).reset_index(drop=True)


def proportional(frame: DataFrame, rows: int | None, seed: int) -> DataFrame:
    """At most `rows` rows, with the proportions of the classes; all of them for None."""
    if rows is None or rows >= len(frame):
        return frame
    mixed = shuffled(frame, seed)
    place = mixed.groupby("label").cumcount()
    order = (place + 0.5) / mixed.groupby("label")["label"].transform("size")
    return mixed.iloc[order.argsort(kind="stable")[:rows].sort_values()].reset_index(drop=True)


def cut(frame: DataFrame, fraction: float, seed: int) -> tuple[DataFrame, DataFrame]:
    """(the rest, `fraction` of every class), each in its old order.

    Equal texts stay together, so that none is lost to the cut, and a class always keeps a text in the rest. Where
    rows have a `document`, whole documents are cut, so the fractions are about right.
    """
    if "document" in frame.columns:
        return _cut_documents(frame, fraction, seed)
    key = content(frame)
    taken: set[str] = set()
    for _, rows in shuffled(frame[~key.duplicated()], seed).groupby("label"):
        taken |= set(content(rows).head(min(round(fraction * len(rows)), len(rows) - 1)))
    return _parted(frame, key.isin(taken).to_numpy())


def _cut_documents(frame: DataFrame, fraction: float, seed: int) -> tuple[DataFrame, DataFrame]:
    """Documents by their hash, each taken if no class then has more than `fraction` of its rows."""
    counts = frame.groupby(["document", "label"]).size().unstack(fill_value=0)
    room, taken = fraction * counts.sum().to_numpy(), set[str]()
    for document in sorted(counts.index, key=lambda name: hash_fraction(name, seed)):
        if ((left := room - counts.loc[document].to_numpy()) >= 0).all():
            room, taken = left, taken | {document}
    return _parted(frame, frame["document"].isin(taken).to_numpy())


def _parted(frame: DataFrame, chosen: np.ndarray) -> tuple[DataFrame, DataFrame]:
    return frame[~chosen].reset_index(drop=True), frame[chosen].reset_index(drop=True)
