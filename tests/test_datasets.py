"""Datasets: known answers on made-up packages and files, then the same promises on the real docstrings."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from slim import family
from slim.datasets import _table
from slim.datasets._paragraphs import paragraphs
from slim.datasets._table import Tables
from slim.datasets.docstrings import docstrings, mask
from slim.datasets.files import files

WORDS = [
    "acorn",
    "brine",
    "cedar",
    "dune",
    "ember",
    "fjord",
    "grove",
    "heath",
    "inlet",
    "jetty",
    "knoll",
    "ledge",
    "marsh",
]

NUMPYDOC = """Bake `bread` from :func:`~oven.flour`, see [1]_.

    It takes **time**::

        bake(flour)

    .. note:: a directive
       with a body

    Parameters
    ----------
    flour, water : int or None, optional
        How much of it
        there is.

        It must be positive.

    Returns
    -------
    loaf : Loaf
        The loaf of bread.

    Raises
    ------
    ValueError
        If there is no flour.

    See Also
    --------
    toast : Toast the bread that was made.

    Examples
    --------
    We bake:

    >>> bake(1)
    a loaf

    === =====
    1   2
    === =====
    """

GOOGLE = """Bake bread.

    Args:
        flour (`int`, *optional*, defaults to 1): How much of it
            there is.
        water: A little of it.

    Returns:
        Loaf: The loaf of bread.

    Note:
        Mind the oven.
    """

SPHINX = """Bake bread.

    :param flour: how much of it
        there is
    :type flour: int
    :raises ValueError: if there is no flour
    """


def sentence(*key: object) -> str:
    """Nine words that follow from the key."""
    return " ".join(WORDS[int(_table.share(f"{key} {i}") * len(WORDS))] for i in range(9)).capitalize() + "."


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, str]:
    """Two packages of forty files, each with five docstrings in two sections."""
    for label in ("bread", "stone"):
        for i in range(40):
            functions = "".join(
                f'def f{j}():\n    """{first}\n\n    Note:\n        {second}\n    """\n'
                for j in range(5)
                for first, second in [(sentence(label, i, j), sentence(label, i, j, 2))]
            )
            file = tmp_path / label / "inner" / f"m{i}.py"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(functions)
    return {label: str(tmp_path / label) for label in ("bread", "stone")}


def small(folders: dict[str, str], /, **options: Any) -> Tables:
    defaults = {"task": "library", "train": 100, "validation": 20, "test": 30, "workers": 1, "folders": folders}
    return docstrings(**(defaults | options))


def splits(**texts: list[str]) -> dict[str, pd.DataFrame]:
    return {name: pd.DataFrame({"text": texts[name], "label": "a"}) for name in _table.SPLITS}


# What a docstring says


def test_numpydoc_becomes_prose_by_section() -> None:
    assert list(paragraphs(NUMPYDOC)) == [
        ("summary", "Bake bread from oven.flour, see ."),
        ("details", "It takes time:"),
        ("parameters", "How much of it there is."),
        ("parameters", "It must be positive."),
        ("returns", "The loaf of bread."),
        ("raises", "If there is no flour."),
        ("examples", "We bake:"),
    ]


def test_google_becomes_prose_by_section() -> None:
    assert list(paragraphs(GOOGLE)) == [
        ("summary", "Bake bread."),
        ("parameters", "How much of it there is."),
        ("parameters", "A little of it."),
        ("returns", "The loaf of bread."),
        ("notes", "Mind the oven."),
    ]


def test_sphinx_becomes_prose_by_section() -> None:
    assert list(paragraphs(SPHINX)) == [
        ("summary", "Bake bread."),
        ("parameters", "how much of it there is"),
        ("raises", "if there is no flour"),
    ]


@pytest.mark.parametrize("docstring", ["", "   \n  ", "\n", "1 + 2 == 3 ** 4 // 5", "=====\n=====", ">>> f(x)"])
def test_nothing_to_say_is_nothing(docstring: str) -> None:
    assert list(paragraphs(docstring)) == []


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("A NumPy array", "A library array"),
        ("Same as np.linalg.norm here", "Same as library here"),
        ("needs scikit-learn, PyTorch or Hugging Face", "needs library, library or library"),
        ("see matplotlib.pyplot.plot and plt", "see library and library"),
        ("The input, an option; torchvision", "The input, an option; library"),
    ],
)
def test_names_of_libraries_are_masked(text: str, masked: str) -> None:
    assert mask(text) == masked


# The docstrings of made-up packages


def test_every_class_has_as_many_rows(folders: dict[str, str]) -> None:
    card = _table.card(small(folders))
    assert {name: about["rows per class"] for name, about in card["splits"].items()} == {
        "train": {"bread": 50, "stone": 50},
        "validation": {"bread": 10, "stone": 10},
        "test": {"bread": 15, "stone": 15},
    }


def test_the_label_is_the_truth(folders: dict[str, str]) -> None:
    bread = {sentence("bread", i, j, *end) for i in range(40) for j in range(5) for end in ((), (2,))}
    tables = small(folders)
    for frame in tables.splits.values():
        labels = [tables.labels[label] for label in frame["label"]]
        assert labels == ["bread" if text in bread else "stone" for text in frame["text"]]


def test_a_file_is_in_one_split(folders: dict[str, str]) -> None:
    file_of = {
        sentence(label, i, j, *end): (label, i)
        for label in folders
        for i in range(40)
        for j in range(5)
        for end in ((), (2,))
    }
    sets = [{file_of[text] for text in frame["text"]} for frame in small(folders).splits.values()]
    assert not sets[0] & sets[1] | sets[0] & sets[2] | sets[1] & sets[2]


def test_sections_are_told_apart_by_where_they_stood(folders: dict[str, str]) -> None:
    tables = small(folders, task="section")
    assert tables.labels == ["notes", "summary"]


def test_where_the_packages_lie_does_not_matter(folders: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    moved = {label: str(Path(folder).rename(tmp_path / "elsewhere" / label)) for label, folder in folders.items()}
    tables = small(moved)
    assert str(tmp_path) not in str(_table.card(tables)) and tables.splits["test"].shape == (30, 2)


def test_tests_and_broken_files_are_left_out(folders: dict[str, str]) -> None:
    before = small(folders)
    inner = Path(folders["bread"]) / "tests" / "test_it.py"
    inner.parent.mkdir()
    inner.write_text('"""Never read this sentence, for it is a test of bread."""')
    (Path(folders["bread"]) / "broken.py").write_text("def f(:")
    (Path(folders["bread"]) / "latin.py").write_bytes(b'"""caf\xe9"""')
    assert _table.card(small(folders)) == _table.card(before)


def test_the_same_bytes_twice_and_with_two_workers(folders: dict[str, str], tmp_path: Path) -> None:
    for name, workers in (("one", 1), ("two", 2), ("one", 1)):
        _table.write(small(folders, workers=workers), tmp_path / name)
    written = [sorted((p.name, p.read_bytes()) for p in (tmp_path / name).iterdir()) for name in ("one", "two")]
    assert written[0] == written[1]
    assert [name for name, _ in written[0]] == ["card.json", "test.parquet", "train.parquet", "validation.parquet"]


def test_another_seed_is_another_choice(folders: dict[str, str]) -> None:
    one, other = (set(small(folders, seed=seed).splits["train"]["text"]) for seed in (0, 1))
    assert 0 < len(one & other) < len(one)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"task": "colour"}, "no task 'colour': choose from library, section"),
        ({"min_words": 9, "max_words": 3}, "1 <= min_words <= max_words"),
        ({"train": 9999}, r"train has \d+ rows of class '(bread|stone)', not 4999: ask for at most \d+ rows"),
        ({"min_words": 90, "max_words": 99}, "no paragraph of 90 to 99 words was found: widen them"),
        ({"folders": {"bread": "nowhere"}}, "folder nowhere of 'bread' does not exist: correct `folders`"),
    ],
)
def test_docstrings_refuses_in_one_line(folders: dict[str, str], options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message) as error:
        small(folders, **options)
    assert "\n" not in str(error.value)


def test_no_more_files_than_asked_for(folders: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"rows of class"):
        small(folders, max_files=3)


# The docstrings of this installation


def test_real_docstrings_keep_the_same_promises() -> None:
    tables = docstrings(task="library", train=60, validation=20, test=30, max_files=60, min_words=4)
    card = _table.card(tables)
    assert len(tables.labels) == 10
    for name, about in card["splits"].items():
        assert len(set(about["rows per class"].values())) == 1, name
        assert about["words"]["max"] < 80, name
    keys = [set(_table.letters(frame["text"])) for frame in tables.splits.values()]
    assert not keys[0] & keys[1] | keys[0] & keys[2] | keys[1] & keys[2]
    told = "|".join(
        ["dulwich", "matplotlib", "networkx", "numpy", "pandas", "scipy", "scikit", "sklearn", "sympy", "torch"]
    )
    assert not pd.concat(tables.splits)["text"].str.contains(told, case=False).any()
    assert "numpy 2" in tables.origin and str(Path.cwd()) not in str(card)


# Twins


def test_exact_twins_stay_in_the_later_split_only() -> None:
    kept, dropped = _table.distinct(
        splits(train=["a", "b", "b", "c"], validation=["b", "c"], test=["c"]), also_near=False
    )
    assert {name: list(frame["text"]) for name, frame in kept.items()} == {
        "train": ["a"],
        "validation": ["b"],
        "test": ["c"],
    }
    assert dropped == {"train: also in a later split": 3, "validation: also in a later split": 1}


def test_near_twins_do_not_straddle_the_splits() -> None:
    text = " ".join(WORDS)
    one_word_more = text + " spring"
    other = " ".join(reversed(WORDS))
    kept, dropped = _table.distinct(
        splits(train=[text, other], validation=[text.upper() + " 7!"], test=[one_word_more]), also_near=True
    )
    assert [list(kept[name]["text"]) for name in _table.SPLITS] == [[other], [], [one_word_more]]
    assert dropped["train: nearly in a later split"] == 1 and dropped["validation: nearly in a later split"] == 1


def test_near_agrees_with_comparing_every_pair() -> None:
    def runs(text: str) -> set[tuple[str, ...]]:
        words = text.lower().split()
        return {tuple(words[i : i + 3]) for i in range(len(words) - 2)}

    base = [" ".join(sentence(i, k) for k in range(3)) for i in range(30)]
    changed = [" ".join(t.split()[: -(i % 8)] + ["x"] * (i % 5)) if i % 8 else t for i, t in enumerate(base)]
    expected = [any(len(runs(a) & runs(b)) >= 0.8 * len(runs(a) | runs(b)) for b in base) for a in changed]
    assert list(_table.near(pd.Series(changed), pd.Series(base))) == expected
    assert 0 < sum(expected) < 30


# A user's files

ROWS = [(f"text number {i} of it", "yes" if i % 2 else "no") for i in range(40)]


def table(rows: list[tuple[str, object]], path: Path, names: tuple[str, str] = ("text", "label")) -> str:
    frame = pd.DataFrame(rows, columns=list(names))
    match path.suffix:
        case ".csv":
            frame.to_csv(path, index=False)
        case ".tsv":
            frame.to_csv(path, index=False, sep="\t")
        case ".jsonl":
            frame.to_json(path, orient="records", lines=True)
        case ".parquet":
            frame.to_parquet(path)
    return str(path)


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "parquet"])
def test_every_format_is_the_same_table(suffix: str, tmp_path: Path) -> None:
    tables = files(train=table(ROWS[:30], tmp_path / f"a.{suffix}"), test=table(ROWS[30:], tmp_path / f"b.{suffix}"))
    assert tables.labels == ["no", "yes"]
    assert {name: len(frame) for name, frame in tables.splits.items()} == {"train": 26, "validation": 4, "test": 10}
    assert list(tables.splits["test"]["label"]) == [i % 2 for i in range(30, 40)]
    assert dict(tables.splits["test"].dtypes.astype(str))["label"] == "int64"


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_numbers_are_labels_in_their_own_order(suffix: str, tmp_path: Path) -> None:
    rows = [(f"text {i}", (2, 10, -1)[i % 3]) for i in range(60)]
    tables = files(train=table(rows[:50], tmp_path / f"a.{suffix}"), test=table(rows[50:], tmp_path / f"b.{suffix}"))
    assert tables.labels == ["-1", "2", "10"]


def test_other_columns_and_a_third_file(tmp_path: Path) -> None:
    paths = {
        name: table(ROWS[i::3], tmp_path / f"{name}.csv", ("review", "mood")) for i, name in enumerate(_table.SPLITS)
    }
    tables = files(**paths, text="review", label="mood")
    assert {name: len(frame) for name, frame in tables.splits.items()} == {"train": 14, "validation": 13, "test": 13}


def test_empty_rows_and_twins_are_dropped_and_counted(tmp_path: Path) -> None:
    train = [*ROWS[:30], (" ", "yes"), ("no label here", None), (ROWS[35][0], "no")]
    tables = files(
        train=table(train, tmp_path / "a.csv"), test=table(ROWS[30:], tmp_path / "b.csv"), validation_share=0.2
    )
    assert tables.dropped["train: no text"] == 1 and tables.dropped["train: no label"] == 1
    assert sum(count for why, count in tables.dropped.items() if "later" in why) == 1


def test_fewer_rows_keep_the_proportions(tmp_path: Path) -> None:
    rows = [(f"text number {i}", "rare" if i % 4 == 0 else "common") for i in range(400)]
    options = {"train": table(rows[:300], tmp_path / "a.csv"), "test": table(rows[300:], tmp_path / "b.csv")}
    tables = files(**options, train_rows=80, validation_rows=12, test_rows=40)
    assert [tables.splits[name]["label"].value_counts().to_dict() for name in _table.SPLITS] == [
        {0: 60, 1: 20},
        {0: 9, 1: 3},
        {0: 30, 1: 10},
    ]
    assert _table.card(tables) == _table.card(files(**options, train_rows=80, validation_rows=12, test_rows=40))


@pytest.mark.parametrize(
    ("rows", "options", "message"),
    [
        (ROWS, {"train": "nowhere.csv"}, "nowhere.csv does not exist: correct the path"),
        (ROWS, {"train": "table.xlsx"}, r"table.xlsx: a file ends in .csv, .tsv, .jsonl, .parquet"),
        (ROWS, {"text": "txet"}, r"a.csv has no column 'txet', only text, label; did you mean 'text'\?"),
        ([(text, "yes") for text, _ in ROWS], {}, "label 'no' is not in train"),
        ([(text, "maybe") for text, _ in ROWS], {}, "b.csv: label 'no' is not in train"),
        ([], {}, r"a.csv has no row with both a 'text' and a 'label': fill it"),
    ],
)
def test_files_refuses_in_one_line(
    rows: list[tuple[str, object]], options: dict[str, str], message: str, tmp_path: Path
) -> None:
    paths = {"train": table(rows, tmp_path / "a.csv"), "test": table(ROWS[30:], tmp_path / "b.csv")}
    with pytest.raises(ValueError, match=message) as error:
        files(**(paths | options))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_a_damaged_file_is_refused(suffix: str, tmp_path: Path) -> None:
    (tmp_path / f"a.{suffix}").write_bytes(b'{"text": \xff\x00 "\n\xfe,,,\n')
    with pytest.raises(ValueError, match=rf"a.{suffix} cannot be read as {suffix} .*: repair it"):
        files(train=str(tmp_path / f"a.{suffix}"), test=str(tmp_path / f"a.{suffix}"))


# What is written


def tables_of(**changed: object) -> Tables:
    frame = pd.DataFrame({"text": ["one word", "two words here"], "label": [0, 1]})
    return Tables(**({"splits": dict.fromkeys(_table.SPLITS, frame), "labels": ["a", "b"], "origin": "here",
                      "licence": "none"} | changed))  # fmt: skip


def test_the_card_counts() -> None:
    about = _table.card(tables_of())["splits"]["test"]
    assert about["rows"] == 2 and about["rows per class"] == {"a": 1, "b": 1}
    assert about["characters"] == {"median": 11.0, "90th percentile": 13.4, "max": 14.0}
    assert about["words"] == {"median": 2.5, "90th percentile": 2.9, "max": 3.0}


def test_written_tables_come_back(tmp_path: Path) -> None:
    _table.write(tables_of(), tmp_path)
    frame = pd.read_parquet(tmp_path / "train.parquet")
    assert list(frame.columns) == ["text", "label"] and list(frame["text"]) == ["one word", "two words here"]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"labels": ["a"]}, r"only one class \(a\): a classifier needs two"),
        ({"labels": ["a", "b", "c"]}, "train has no row of class 'c'"),
        ({"splits": {}}, "train is empty"),
    ],
)
def test_check_refuses_what_teaches_nothing(changed: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        _table.check(tables_of(**changed))


def test_the_family_has_its_members() -> None:
    assert {"docstrings", "files"} <= set(family.names("datasets"))
    assert family.find("datasets", "files") is files
