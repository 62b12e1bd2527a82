"""Text that every installation has: the docstrings of its own libraries.

Sources are found and read as text, never imported and never executed. What is kept depends on their bytes alone,
so pinned versions give the same dataset on every machine.
"""

import ast
import re
import warnings
from collections.abc import Iterator, Mapping
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from itertools import groupby, islice, pairwise
from operator import itemgetter
from pathlib import Path, PurePath
from typing import NamedTuple

import numpy as np
from joblib import Parallel, delayed
from pandas import DataFrame
from tqdm import tqdm

from slim.download.datasets._paragraphs import paragraphs
from slim.download.tables import Tables, balanced, check, distinct, letters, numbered, share, shuffled

LIBRARIES = {
    "dulwich": ("dulwich", "Apache-2.0 or GPL-2.0-or-later"),
    "matplotlib": ("matplotlib", "Matplotlib licence (PSF-based)"),
    "networkx": ("networkx", "BSD-3-Clause"),
    "numpy": ("numpy", "BSD-3-Clause"),
    "pandas": ("pandas", "BSD-3-Clause"),
    "scipy": ("scipy", "BSD-3-Clause"),
    "sklearn": ("scikit-learn", "BSD-3-Clause"),
    "sympy": ("sympy", "BSD-3-Clause"),
    "torch": ("torch", "BSD-3-Clause"),
    "transformers": ("transformers", "Apache-2.0"),
}
"""Package -> (distribution it is installed by, licence of its text)."""

MASK = "library"
"""What the name of any library becomes, so that no text tells where it is from."""

NAMES = re.compile(
    r"(?<![a-z])(?:[\w./-]*(?:dulwich|matplotlib|networkx|numpy|pandas|scipy|scikit|sklearn|sympy|torch|hugging ?face"
    r"|pyplot|pylab)[\w-]*|transformers|mpl_?\w*|np|pd|sp|nx|plt|hf)(?![a-z])(?:\.\w+)*",
    re.IGNORECASE,
)
"""A name or alias of a library, with the path of modules it begins or ends."""

TASKS = {
    "library": ("summary", "details", "parameters", "returns", "raises", "attributes", "notes", "examples"),
    "section": ("examples", "notes", "parameters", "returns", "summary"),  # of others there are too few
}
"""Task -> the sections whose paragraphs it uses."""

SHARES = {"test": 0.2, "validation": 0.15, "train": 0.65}
"""Of the source files: which part goes to which split."""

OTHERS = re.compile(r"tests?|testing|conftest\.py|externals?|extern|_?vendor(ed)?|array_api_(compat|extra)")
"""Folders and files that are tests, or somebody else's code."""


Source = tuple[str, str, Path]
"""(library, path of the file within it, the file)"""


class Paragraph(NamedTuple):
    """A paragraph of a docstring."""

    library: str
    path: str
    """`package/relative/path.py`"""
    section: str
    text: str


def docstrings(
    *,
    task: str,
    path: str | None = None,
    train: int = 4000,
    validation: int = 1000,
    test: int = 2000,
    unlabelled: int = 0,
    seed: int = 0,
    min_words: int = 8,
    max_words: int = 32,
    max_files: int = 600,
    folders: Mapping[str, str] | None = None,
    workers: int = 2,
) -> Tables:
    """Paragraphs of docstrings, as many of every class, with the names of libraries masked.

    `task` is what to tell from a paragraph: `library`, the one it is from, or `section`, the part of a docstring it
    stood in. `train`, `validation` and `test` are rows; `min_words` and `max_words` bound a paragraph. All paragraphs
    of one source file are in one split, and what is the same or nearly so in two splits is in the later one only.
    `unlabelled` texts (fewer where there are no more) are those of train's files that train does not take.
    At most `max_files` of a library are read, chosen by the hash of their paths: more would cost time alone.
    `path` is the lock file that pins the libraries: another installed version is refused, since it has other texts.
    `folders` names packages to read (label -> folder) instead of the ten installed libraries.
    """
    if task not in TASKS:
        raise ValueError(f"docstrings has no task '{task}': choose from {', '.join(TASKS)}")
    if not 1 <= min_words <= max_words:
        raise ValueError(f"min_words {min_words} and max_words {max_words}: 1 <= min_words <= max_words must hold")
    if path is not None:
        _as_pinned(path)
    sources = _some(_installed() if folders is None else _in_folders(folders), max_files)
    read = (delayed(read_file)(*source) for source in sources)
    found = Parallel(n_jobs=workers, batch_size=32, return_as="generator")(read)
    frame = DataFrame(
        [row for rows in tqdm(found, "reading docstrings", len(sources), unit=" files") for row in rows],
        columns=list(Paragraph._fields),
    )
    wanted, dropped = _chosen(frame, task, min_words, max_words)
    if wanted.empty:
        raise ValueError(
            f"no paragraph of {min_words} to {max_words} words was found: widen them, or correct `folders`"
        )
    splits, twins = distinct(_by_file(wanted), also_near=True)
    labels = sorted(set(wanted["label"]))
    rows = {"train": train, "validation": validation, "test": test}
    origin, licence = _origin(folders)
    taken = _balanced(splits, rows, labels, seed)
    return check(
        Tables(
            splits=numbered(taken, labels),
            labels=labels,
            origin=origin,
            licence=licence,
            dropped={why: count for why, count in (dropped | twins).items() if count},
            unlabelled=_rest(splits["train"], taken["train"], seed)[:unlabelled],
        )
    )


def _rest(every: DataFrame, taken: DataFrame, seed: int) -> list[str]:
    """The texts that were not taken, in the order of their hash."""
    return list(shuffled(every[~every["text"].isin(taken["text"])], seed)["text"])


def read_file(library: str, path: str, file: Path) -> list[Paragraph]:
    """The paragraphs of all docstrings of a file, in their order, names masked; none if it is not Python."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a library's own invalid escapes
        try:
            tree = ast.parse(file.read_text(encoding="utf-8"))
        except (SyntaxError, ValueError):
            return []
    return [
        Paragraph(library, path, section, mask(text))
        for docstring in _docstrings(tree)
        for section, text in paragraphs(docstring)
    ]


def _docstrings(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        docstring = ast.get_docstring(node, clean=False)
        if docstring:
            yield docstring
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt):
            yield from _docstrings(child)


def mask(text: str) -> str:
    """The text with every name of a library replaced by the same word."""
    return NAMES.sub(MASK, text)


def _installed() -> list[Source]:
    """Every Python source of the ten, as their distributions list them."""
    return [
        (library, entry.as_posix(), Path(str(entry.locate())))
        for library in LIBRARIES
        for entry in sorted(_distribution(library).files or [], key=str)
        if entry.parts[0] == library and _is_source(entry)
    ]


def _distribution(library: str) -> Distribution:
    try:
        return distribution(LIBRARIES[library][0])
    except PackageNotFoundError as error:
        raise ValueError(f"{LIBRARIES[library][0]} is not installed: install the pinned requirements") from error


def _as_pinned(lock: str) -> None:
    """Refuse an installed library whose version is not the one that a lock file pins, if it pins it."""
    pins = dict(re.findall(r"^([\w.-]+)==([\w.]+)", Path(lock).read_text(encoding="utf-8"), re.MULTILINE))
    for library, (name, _) in LIBRARIES.items():
        installed = _distribution(library).version.split("+")[0]
        if pins.get(name, installed) != installed:
            raise ValueError(
                f"{name} {installed} is installed, {lock} pins {pins[name]}: delete .venv and set up again"
            )


def _in_folders(folders: Mapping[str, str]) -> list[Source]:
    """Every Python source of the folders; a label stands for its library."""
    for label, folder in folders.items():
        if not Path(folder).is_dir():
            raise ValueError(f"folder {folder} of '{label}' does not exist: correct `folders`")
    return [
        (label, f"{label}/{inside.as_posix()}", file)
        for label, folder in sorted(folders.items())
        for file in sorted(Path(folder).rglob("*.py"))
        if _is_source(inside := file.relative_to(folder))
    ]


def _some(sources: list[Source], max_files: int) -> list[Source]:
    """The first `max_files` of every library by a hash of their paths; not the hash that splits them."""
    mixed = sorted(sources, key=lambda source: (source[0], share(source[1], seed=1)))
    return [source for _, own in groupby(mixed, key=itemgetter(0)) for source in islice(own, max_files)]


def _is_source(path: PurePath) -> bool:
    return path.suffix == ".py" and not any(OTHERS.fullmatch(part) for part in path.parts)


def _chosen(frame: DataFrame, task: str, min_words: int, max_words: int) -> tuple[DataFrame, dict[str, int]]:
    """The paragraphs a task can use, with their label, and how many it cannot; order stays."""
    used = frame[frame["section"].isin(TASKS[task])].rename(columns={task: "label"})
    fits = used[used["text"].str.count(r"[A-Za-z]{2,}").between(min_words, max_words)]
    key = letters(fits["text"])
    clear = key.map(fits["label"].groupby(key).nunique()) == 1
    dropped = {
        "in no section of the task": len(frame) - len(used),
        f"not of {min_words} to {max_words} words": len(used) - len(fits),
        "same text in two classes": int((~clear).sum()),
    }
    return fits[clear], dropped


def _by_file(frame: DataFrame) -> dict[str, DataFrame]:
    """The split of a paragraph follows from the hash of its file's path."""
    place = frame["path"].map({path: share(path) for path in frame["path"].unique()})
    edges = [0.0, *np.cumsum([SHARES[name] for name in SHARES])[:-1], 1.0]
    return {
        name: frame[(place >= low) & (place < high)] for name, (low, high) in zip(SHARES, pairwise(edges), strict=True)
    }


def _balanced(
    splits: dict[str, DataFrame], rows: dict[str, int], labels: list[str], seed: int
) -> dict[str, DataFrame]:
    """The asked-for rows of every split, as many of each class."""
    for name, frame in splits.items():
        each, counts = rows[name] // len(labels), frame["label"].value_counts().reindex(labels, fill_value=0)
        if counts.min() < each:
            raise ValueError(
                f"{name} has {counts.min()} rows of class '{counts.idxmin()}', not {each}: "
                f"ask for at most {counts.min() * len(labels)} rows, or widen min_words..max_words"
            )
    return {name: balanced(frame, rows[name] // len(labels), seed) for name, frame in splits.items()}


def _origin(folders: Mapping[str, str] | None) -> tuple[str, str]:
    """(where the text is from, under which licences)."""
    if folders is not None:
        return f"docstrings of the user's own {', '.join(sorted(folders))}", "the user's own"
    releases = [f"{name} {_distribution(library).version.split('+')[0]}" for library, (name, _) in LIBRARIES.items()]
    return f"docstrings of {', '.join(releases)}", "; ".join(f"{name}: {terms}" for name, terms in LIBRARIES.values())
