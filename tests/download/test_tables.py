"""Datasets: known answers on made-up packages and files, then the same promises on the real docstrings."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from slim.download.datasets import _table
from slim.download.datasets._paragraphs import paragraphs
from slim.download.datasets.docstrings import docstrings, mask
from slim.download.datasets.files import files
from slim.download.tables import Tables
from slim.modeling.splits import read_split, read_unlabelled
from slim.utils import registry as family

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
    names = [name for name, _ in written[0]]
    assert names == ["card.json", "test.parquet", "train.parquet", "unlabelled.parquet", "validation.parquet"]


def test_unlabelled_texts_are_those_that_train_leaves_over(folders: dict[str, str]) -> None:
    tables, labelled = small(folders, unlabelled=40), small(folders)
    assert len(tables.unlabelled) == 40 == len(set(tables.unlabelled)) and labelled.unlabelled == []
    for name, frame in tables.splits.items():
        assert not set(tables.unlabelled) & set(frame["text"])
        pd.testing.assert_frame_equal(frame, labelled.splits[name])
    more = small(folders, unlabelled=10_000).unlabelled
    assert more[:40] == tables.unlabelled
    assert set(small(folders, train=140).splits["train"]["text"]) <= set(more) | set(tables.splits["train"]["text"])


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


def test_a_library_that_is_not_the_pinned_one_is_refused(folders: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "lock.txt").write_text("numpy==0.0.1 \\\n    --hash=sha256:0\n")
    with pytest.raises(ValueError, match=r"numpy \S+ is installed, .*lock\.txt pins 0\.0\.1: delete \.venv"):
        small(folders, path=str(tmp_path / "lock.txt"))
    pinned = small(folders, path=str(Path(__file__).parents[1] / "requirements" / "lock.txt"))
    assert _table.card(pinned) == _table.card(small(folders))


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
    assert read_unlabelled(tmp_path) == [] and read_split(tmp_path, "test").labels.tolist() == [0, 1]
    _table.write(tables_of(unlabelled=["more", "texts"]), tmp_path)
    assert read_unlabelled(tmp_path) == ["more", "texts"]
    (tmp_path / "unlabelled.parquet").write_bytes(b"PAR1")
    with pytest.raises(ValueError, match=r"unlabelled\.parquet is damaged .*: remove it and run `dvc repro` again"):
        read_unlabelled(tmp_path)


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
    assert {"docstrings", "files"} <= set(family.names("download/datasets"))
    assert family.find("download/datasets", "files") is files
