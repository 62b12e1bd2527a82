"""Datasets inside archives: small archives made here, then, where set-up fetched them, the real ones."""

import hashlib
import io
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from slim.download import archives
from slim.download.archives import fetch, requirement
from slim.download.catalogue import PackagedEntry, read_entry
from slim.download.datasets.packaged import packaged
from slim.download.deduplication import letters, near_duplicates
from slim.download.packaged_rows import read_rows
from slim.download.tables import card, write
from tests.imports import ROOT


def word(number: int) -> str:
    """A word of its own for every number, since digits do not count when texts are compared."""
    return "".join(chr(ord("a") + int(digit)) for digit in f"{number:03d}")


RATED = "".join(f"{i // 5}_{i % 5}\t{(-1.5, 0.25, 2)[i % 3]}\tsnippet {word(i)} &amp; more\r\n" for i in range(150))
SPECIAL = '900_0\t0.0\tnobody minds\r\n900_1\t-2\tSnippet aaf, more!\r\n900_2\t1\tan open " quote\r\n\r\n'
OTHER = "1_0\t1\tanother text\r\n1_1\t1\tSNIPPET aah, more\r\n1_2\t1\tanother text\r\n1_3\t-1\tone of four\r\n"
TABLE = "Category\tText\nd\tstring\nclass\t\n"
TRAIN = TABLE + "\t\n" + "".join(f"{('sea', 'sky', 'sand')[i % 3]}\ttext {word(i)} of train\n" for i in range(60))
TEST = TABLE + "".join(f"{('sea', 'sky', 'sand')[i // 2 % 3]}\ttext {word(i // 2)} of test\n" for i in range(30))
NUMBERS = {word(i): i for i in range(150)}


def tar(files: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return file.getvalue()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two archives: a tar in a tar, and a wheel."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".archives").mkdir()
    inner = tar({"data/rated.txt": (RATED + SPECIAL).encode(), "data/other.txt": OTHER.encode()})
    (tmp_path / ".archives/Rated-1.0.tar.gz").write_bytes(tar({"Rated-1.0/more/data.tar.gz": inner}))
    with zipfile.ZipFile(tmp_path / ".archives/topics-2.0-py3-none-any.whl", "w") as wheel:
        train = TRAIN + "sea\tText aad of TEST\n"
        wheel.writestr("topics/train.tab", train)
        wheel.writestr("topics/test.tab", TEST)
    return tmp_path


def described(folder: Path, archive: str, **content: Any) -> str:
    """A file of the catalogue for an archive of the folder."""
    sha256 = hashlib.sha256((folder / ".archives" / archive).read_bytes()).hexdigest()
    entry = {"archive": archive, "sha256": sha256, "origin": "here", "licence": "none", "homepage": "https://a.org"}
    path = folder / "entry.yaml"
    path.write_text(yaml.safe_dump({k: v for k, v in (entry | content).items() if v is not None}))
    return str(path)


def rated(folder: Path, **changed: Any) -> str:
    entry: dict[str, Any] = {
        "inside": "Rated-1.0/more/data.tar.gz", "files": {"all": "data/rated.txt"}, "rows": {"all": 153},
        "columns": ["id", "rating", "text"], "label": "rating", "label_rule": "sign", "labels": ["bad", "good"],
        "unlabelled": ["data/other.txt"],
    }  # fmt: skip
    return described(folder, "Rated-1.0.tar.gz", **(entry | changed))


def topics(folder: Path, **changed: Any) -> str:
    entry: dict[str, Any] = {
        "files": {"train": "topics/train.tab", "test": "topics/test.tab"}, "rows": {"train": 61, "test": 30},
        "header_lines": 3, "columns": ["category", "text"], "label": "category",
    }  # fmt: skip
    return described(folder, "topics-2.0-py3-none-any.whl", **(entry | changed))


def test_ratings_of_a_tar_in_a_tar_become_two_classes_split_by_hash(folder: Path) -> None:
    tables = packaged(path=rated(folder))
    rows = pd.concat(tables.splits.values())
    assert tables.dropped == {
        "all: rated exactly zero": 1, "all: duplicate": 1, "unlabelled: duplicate or (nearly) in a split": 2,
    }  # fmt: skip
    assert 'an open " quote' in set(rows["text"]) and "snippet aaa & more" in set(rows["text"])
    for text, label in zip(rows["text"], rows["label"], strict=True):
        if text.startswith("snippet"):
            assert label == (NUMBERS[text.split()[1]] % 3 > 0)
    assert len(rows) == 151 and len(tables.splits["test"]) == 30
    assert set(tables.unlabelled) == {"another text", "one of four"}
    assert packaged(path=rated(folder), unlabelled_rows=1).unlabelled == tables.unlabelled[:1]


def test_the_published_split_is_kept_and_train_loses_what_test_has(folder: Path) -> None:
    tables = packaged(path=topics(folder))
    assert tables.labels == ["sand", "sea", "sky"] and list(tables.dropped.values()) == [1]
    assert list(tables.splits["test"]["text"]) == [
        f"text {word(i // 2)} of test" for i in range(30)
    ]  # with its duplicates
    assert {name: len(frame) for name, frame in tables.splits.items()} == {"train": 55, "validation": 5, "test": 30}
    facts = card(tables)["packaged"]
    assert facts["test split"] == "the published one" and facts["package"].startswith("topics==2.0 --hash=sha256:")


def test_sentences_of_one_document_stay_in_one_split(folder: Path) -> None:
    tables = packaged(path=rated(folder, document="id"))
    documents = [{NUMBERS[text.split()[1]] // 5 for text in frame["text"] if text.startswith("snippet")}
                 for frame in tables.splits.values()]  # fmt: skip
    assert not documents[0] & documents[1] | documents[0] & documents[2] | documents[1] & documents[2]
    assert "document" in card(tables)["packaged"]["test split"]


def test_seeds_change_validation_and_never_test(folder: Path) -> None:
    one, other = (packaged(path=rated(folder), seed=seed) for seed in (0, 1))
    pd.testing.assert_frame_equal(one.splits["test"], other.splits["test"])
    assert set(one.splits["validation"]["text"]) != set(other.splits["validation"]["text"])
    few = packaged(path=rated(folder), train_rows=50, validation_rows=20, test_rows=10)
    assert {name: len(frame) for name, frame in few.splits.items()} == {"train": 50, "validation": 20, "test": 10}


def test_the_same_bytes_twice(folder: Path) -> None:
    for name in ("one", "two"):
        write(packaged(path=rated(folder)), folder / name)
    assert [p.read_bytes() for p in sorted((folder / "one").iterdir())] == [
        p.read_bytes() for p in sorted((folder / "two").iterdir())
    ]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"sha256": "f" * 64}, r"Rated-1.0.tar.gz hashes to .*, not to sha256 f{64} .*: delete it and run `python -m"),
        ({"archive": "Rated-1.1.tar.gz"}, r"Rated-1.1.tar.gz is missing: run `python -m slim.download.archives .*`"),
        ({"rows": {"all": 152}}, r"entry.yaml: all has 153 rows, not the 152 it promises"),
        ({"inside": "Rated-1.0/data.tar.gz"}, r"has no file Rated-1.0/data.tar.gz: correct .*entry.yaml"),
        ({"files": {"all": "data/none.txt"}}, r"has no file data/none.txt: correct .*entry.yaml"),
        ({"columns": ["rating", "text"]}, r"data/rated.txt is not laid out as its catalogue file says"),
        ({"columns": ["id", "stars", "text"]}, r"'rating' is not among columns \(id, stars, text\)"),
        ({"labels": None}, r"label_rule sign needs two labels"),
        ({"files": {"train": "data/rated.txt"}}, r"files has either all, or train and test"),
        ({"rows": {"train": 1}}, r"rows must count all, as files does"),
        ({"hedaer_lines": 3}, r"hedaer_lines: unknown key; did you mean 'header_lines'\?"),
        ({"archive": "data.zip"}, r"archive: .*got 'data.zip'"),
        ({"label_rule": "name", "labels": ["-1.5", "2"]}, r"label '.*' is not among labels: add it"),
    ],
)
def test_a_wrong_description_is_refused_in_one_line(folder: Path, changed: dict[str, Any], message: str) -> None:
    sha256 = changed.pop("sha256", None)
    missing = changed.pop("archive", None)
    path = Path(rated(folder, **changed))
    content = yaml.safe_load(path.read_text())
    content |= {"sha256": sha256} if sha256 else {}
    content |= {"archive": missing} if missing else {}
    path.write_text(yaml.safe_dump(content))
    with pytest.raises(ValueError, match=message) as refusal:
        packaged(path=str(path))
    assert "\n" not in str(refusal.value)


def test_a_catalogue_file_of_another_kind_is_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match="describes a dataset of the hub: use `source: hub`"):
        packaged(path=str(ROOT / "catalogue" / "imdb.yaml"))
    (folder / "entry.yaml").write_text("labels: [a, b]")
    with pytest.raises(ValueError, match="has neither `hub` nor `archive`"):
        packaged(path="entry.yaml")


# Fetching


def test_pip_is_asked_once_for_what_is_lacking_and_only_for_that(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr(archives, "_download", lambda requirements, _: asked.append(requirements))
    fetch([topics(folder)])
    assert asked == []
    (folder / ".archives/topics-2.0-py3-none-any.whl").write_bytes(b"cut off")
    entry = folder / "entry.yaml"
    pin = yaml.safe_load(entry.read_text())["sha256"]
    (folder / "again.yaml").write_text(entry.read_text())
    fetch([str(entry), "again.yaml"])
    assert asked == [[f"topics==2.0 --hash=sha256:{pin}"]]
    (folder / "again.yaml").write_text(entry.read_text().replace(pin, "f" * 64))
    with pytest.raises(ValueError, match=r"topics-2\.0.* has another sha256 than in another file"):
        fetch([str(entry), "again.yaml"])


def test_a_download_that_fails_names_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(ValueError, match=r"pip could not download topics==2\.0: see its message above"):
        archives._download([requirement("topics-2.0-py3-none-any.whl", "f" * 64)], tmp_path)


# The real archives

PACKAGED = {
    path.stem: entry
    for path in sorted((ROOT / "catalogue").glob("*.yaml"))
    if isinstance(entry := read_entry(path), PackagedEntry)
}
CLASSES = {"movie_reviews": 2, "amazon_reviews": 2, "tweets": 2, "editorials": 2, "newsgroups": 20, "reuters_r8": 8,
           "reuters_r52": 52}  # fmt: skip


def test_the_catalogue_has_seven_datasets_in_two_archives() -> None:
    assert set(PACKAGED) == set(CLASSES)
    assert len({(entry.archive, entry.sha256) for entry in PACKAGED.values()}) == 2


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work where the real archives are."""
    if lacking := [e.archive for e in PACKAGED.values() if not (ROOT / archives.FOLDER / e.archive).is_file()]:
        pytest.skip(f"{lacking[0]} is not there: run `python -m slim.download.archives`")
    monkeypatch.chdir(ROOT)


@pytest.mark.parametrize("name", CLASSES)
def test_a_real_archive_has_the_rows_and_classes_of_its_catalogue_file(name: str, fetched: None) -> None:
    entry = PACKAGED[name]
    archive = archives.Archive(entry, name)
    tables = {part: read_rows(entry, archive, file) for part, file in entry.files.items()}
    assert {part: len(table) for part, table in tables.items()} == entry.rows
    labels = pd.concat(table[entry.label] for table in tables.values())
    assert (2 if entry.label_rule == "sign" else labels.nunique()) == CLASSES[name]
    for file in entry.unlabelled:
        assert archive.read(file)


@pytest.mark.parametrize(("name", "rows"), [("amazon_reviews", [2588, 287, 717]), ("reuters_r8", [4917, 545, 2189])])
def test_no_text_of_a_real_archive_is_in_two_splits(name: str, rows: list[int], fetched: None) -> None:
    tables = packaged(path=f"catalogue/{name}.yaml")
    assert [len(frame) for frame in tables.splits.values()] == rows
    train, validation, test = (set(letters(frame["text"])) for frame in tables.splits.values())
    assert not train & validation | train & test | validation & test
    assert not near_duplicates(tables.splits["train"]["text"], tables.splits["test"]["text"]).any()
    assert not (train | validation | test) & set(letters(pd.Series(tables.unlabelled, dtype=str)))
