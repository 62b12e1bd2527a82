"""No text in two splits: exact duplicates, texts of the same letters, and near-duplicates."""

from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas import DataFrame, Series

from slim.download.tables import SPLITS, content

if TYPE_CHECKING:
    from scipy.sparse import csr_array

SIMILARITY = 0.8
"""Jaccard similarity of runs of three words from which texts are near-duplicates."""


def letters(texts: "Series[str]") -> "Series[str]":
    """What is left of a text when only its letters count, in lower case; a text without any is itself."""
    bare = texts.str.lower().str.replace(r"[\W\d_]+", "", regex=True)
    return bare.where(bare != "", texts)


def separate(splits: dict[str, DataFrame], *, near: bool) -> tuple[dict[str, DataFrame], dict[str, int]]:
    """Splits that share no text, and how many rows were removed and why.

    The later of two splits (train, validation, test) keeps the text, whatever the labels; what stands twice within
    one split stays. With `near`, texts of the same letters count as the same, and near-duplicates go, too.
    """
    kept = {"test": splits["test"]}
    dropped: dict[str, int] = {}
    for name in reversed(SPLITS[:-1]):
        frame = splits[name]
        later = pd.concat([content(frame) for frame in kept.values()], ignore_index=True)
        own, others = content(frame), later
        if near:
            own, others = letters(own), letters(later)
        same = own.isin(set(others))
        dropped[f"{name}: also in a later split"] = int(same.sum())
        frame = frame[~same]
        if near:
            close = near_duplicates(content(frame), later)
            dropped[f"{name}: nearly in a later split"] = int(close.sum())
            frame = frame[~close]
        kept[name] = frame.reset_index(drop=True)
    return {name: kept[name] for name in SPLITS}, dropped


def near_duplicates(texts: "Series[str]", among: "Series[str]", similarity: float = SIMILARITY) -> NDArray[np.bool_]:
    """Which texts have at least this Jaccard similarity of runs of three words with one of the others [texts].

    Exact, not estimated: two such texts must share one of the rarest (1 - similarity) of their runs, so only pairs
    that do are compared (prefix filtering).
    """
    close = np.zeros(len(texts), dtype=bool)
    if texts.empty or among.empty:
        return close
    runs = shingles(pd.concat([texts, among], ignore_index=True))
    sizes = runs.sum(axis=1)
    rare = _rarest(runs, similarity)
    left, right = slice(None, len(texts)), slice(len(texts), None)
    pairs = (rare[left] @ rare[right].T).tocoo()
    one, other = pairs.row, pairs.col + len(texts)
    common = np.asarray(runs[one].multiply(runs[other]).sum(axis=1)).ravel()
    close[one[common >= similarity * (sizes[one] + sizes[other] - common) - 1e-9]] = True
    return close


def shingles(texts: "Series[str]") -> "csr_array":
    """Which runs of three words each text has [texts, different runs], 0 or 1; shorter texts are filled up."""
    from scipy.sparse import csr_array  # only where near-duplicates are looked for, since it takes 0.2 s

    words = [text.lower().split() for text in texts]
    filled = [each + [""] * (3 - len(each)) for each in words]
    runs = np.array([len(each) - 2 for each in filled])
    codes, known = pd.factorize(np.array(list(chain.from_iterable(filled)), dtype=object))
    starts = np.concatenate([np.arange(count) for count in runs]) + np.repeat(np.cumsum(runs + 2) - runs - 2, runs)
    pairs, _ = pd.factorize(codes[starts] * len(known) + codes[starts + 1])
    columns, different = pd.factorize(pairs * len(known) + codes[starts + 2])
    rows = np.repeat(np.arange(len(texts)), runs)
    matrix = csr_array((np.ones(len(rows), np.int32), (rows, columns)), shape=(len(texts), len(different)))
    matrix.data[:] = 1  # a run that a text has twice was counted twice
    return matrix


def _rarest(matrix: "csr_array", similarity: float) -> "csr_array":
    """Each row with only its rarest entries, enough for two similar rows to share one of them."""
    from scipy.sparse import csr_array

    frequency = matrix.sum(axis=0)
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    order = np.lexsort((matrix.indices, frequency[matrix.indices], rows))
    sizes = np.diff(matrix.indptr)
    place = np.arange(len(rows)) - np.repeat(matrix.indptr[:-1], sizes)
    kept = place < np.repeat(sizes - np.ceil(similarity * sizes - 1e-9) + 1, sizes)
    columns = matrix.indices[order][kept]
    return csr_array((np.ones(len(columns), dtype=np.int32), (rows[kept], columns)), shape=matrix.shape)
