"""Datasets of the hub, through the real client against a server that stands in for it; nothing here has a network."""

import json
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from huggingface_hub import constants

from slim.download.catalogue import HubEntry, read_entry
from slim.download.datasets.hub import hub
from slim.download.hub_rows import LOCAL
from slim.download.tables import card as card_of
from slim.download.tables import write
from tests.hub_stand_in import Hub, Repository
from tests.imports import ROOT

PAPER = {
    "newsgroup": 20, "dbpedia": 14, "arxiv": 11, "patent": 9, "yahoo": 10, "yelp": 5, "agnews": 4, "imdb": 2,
    "amazon": 2,
}  # fmt: skip
"""The paper's datasets -> their classes."""
NAMES = ["bad", "fair", "good"]


def table(rows: list[tuple[str, int]], start: int = 0) -> pa.Table:
    """A table as the hub keeps them, which names its classes; texts with markup in two columns."""
    frame = {
        "title": [f"title {start + i}" for i in range(len(rows))],
        "content": [text for text, _ in rows],
        "label": [label for _, label in rows],
    }
    info = {"info": {"features": {"label": {"names": NAMES, "_type": "ClassLabel"}}}}
    return pa.table(frame).replace_schema_metadata({"huggingface": json.dumps(info)})


def laid_out(folder: Path, splits: dict[str, list[tuple[str, int]]], pattern: str) -> Path:
    """Each split as two Parquet files, beside a script and a pickle that nobody may want."""
    for split, rows in splits.items():
        for part in range(2):
            path = folder / pattern.format(split=split, part=part)
            path.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(table(rows[part::2], start=1000 * part), path)
    (folder / "load.py").write_text("raise SystemExit('a script of a repository ran')")
    (folder / "rows.pkl").write_bytes(b"\x80\x04cos\nsystem\n.")
    return folder


def rows_of(split: str, count: int) -> list[tuple[str, int]]:
    """Rows of which every third class is rare, each text with something to clean."""
    return [
        (f"{split} text&nbsp;number {i}<br />with\\n{'more ' * (i % 4)}", (0, 1, 1, 2, 1)[i % 5]) for i in range(count)
    ]


MAIN = {"train": rows_of("train", 300), "test": rows_of("test", 100)}
ENTRY: dict[str, Any] = {
    "hub": "some/set", "revision": "main", "text": ["title", "content"], "join": ". ", "labels": NAMES,
    "files": {"train": ["data/train-*.parquet"], "test": ["data/test-*.parquet"]},
    "licence": "none", "homepage": "https://example.org", "rows": {"train": 300, "test": 100},
}  # fmt: skip


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    converted = {s: [(text.replace("text", "converted"), label) for text, label in rows] for s, rows in MAIN.items()}
    main = laid_out(tmp_path / "main", MAIN, "data/{split}-{part:05d}-of-00002.parquet")
    parquet = laid_out(tmp_path / "parquet", converted, "default/{split}/{part:04d}.parquet")
    withheld = laid_out(
        tmp_path / "withheld", {"train": MAIN["train"], "validation": MAIN["test"]}, "data/{split}-{part}.parquet"
    )
    repositories = {
        "datasets/some/set": Repository({"main": main, "refs/convert/parquet": parquet}),
        "datasets/some/withheld": Repository({"main": withheld}),
        "datasets/some/gated": Repository({}, "gated"),
    }
    with Hub(repositories, tmp_path / "cache") as server:
        server.patch(monkeypatch)
        yield server


def entry(tmp_path: Path, **changed: Any) -> str:
    path = tmp_path / "entry.yaml"
    path.write_text(yaml.safe_dump({k: v for k, v in (ENTRY | changed).items() if v is not None}))
    return str(path)


def test_the_catalogue_has_the_papers_nine() -> None:
    every = {path.stem: read_entry(path) for path in sorted((ROOT / "catalogue").glob("*.yaml"))}
    entries = {name: described for name, described in every.items() if isinstance(described, HubEntry)}
    assert {name: len(described.labels or []) for name, described in entries.items()} == PAPER
    for name, described in entries.items():
        assert set(described.rows) == set(described.files), name
        assert described.test == "test" and described.licence and described.homepage.endswith(described.hub), name
    moving = {name for name, described in entries.items() if described.moving}
    assert moving == {"amazon", "arxiv", "newsgroup", "patent"}, "docs/data.md says so"


def test_rows_are_cleaned_and_balanced_and_the_card_names_the_commit(served: Hub, tmp_path: Path) -> None:
    tables = hub(path=entry(tmp_path), train_rows=60, validation_rows=30, test_rows=30)
    card = card_of(tables)
    counts = {name: list(about["rows per class"].values()) for name, about in card["splits"].items()}
    assert counts == {"train": [20, 20, 20], "validation": [10, 10, 10], "test": [10, 10, 10]}
    commit = served.repositories["datasets/some/set"].commit("main")
    assert card["hub"]["commit"] == commit and card["hub"]["revision"] == "main" and commit in card["origin"]
    assert card["hub"]["rows"] == {"train": 300, "test": 100} and card["licence"] == "none"
    labels = {text: label for split in MAIN.values() for text, label in split}
    for name, frame in tables.splits.items():
        original = "test" if name == "test" else "train"
        for text, label in zip(frame["text"], frame["label"], strict=True):
            title, body = text.split(". ", 1)
            number = int(body.split()[3])
            assert title.startswith("title ") and body.startswith(f"{original} text number {number} with")
            assert labels[MAIN[original][number][0]] == label
    fetched = {Path(path).suffix for path in served.asked if "/resolve/" in path}
    assert fetched == {".parquet"}  # no script, no pickle


def test_the_same_seed_is_the_same_bytes_and_another_another_choice(served: Hub, tmp_path: Path) -> None:
    rows = {"train_rows": 60, "validation_rows": 30, "test_rows": 30}
    for name, seed in (("one", 0), ("again", 0), ("other", 1)):
        write(hub(path=entry(tmp_path), seed=seed, **rows), tmp_path / name)
    read = {name: (tmp_path / name / "train.parquet").read_bytes() for name in ("one", "again", "other")}
    assert read["one"] == read["again"] != read["other"]
    assert (tmp_path / "one" / "card.json").read_bytes() == (tmp_path / "again" / "card.json").read_bytes()


def test_without_numbers_every_row_is_used_and_proportions_stay(served: Hub, tmp_path: Path) -> None:
    every = hub(path=entry(tmp_path))
    assert {name: len(frame) for name, frame in every.splits.items()} == {"train": 270, "validation": 30, "test": 100}
    some = hub(path=entry(tmp_path), train_rows=100, validation_rows=20, test_rows=50, balanced=False)
    assert some.splits["test"]["label"].value_counts(sort=False).sort_index().tolist() == [10, 30, 10]
    assert {name: len(frame) for name, frame in some.splits.items()} == {"train": 100, "validation": 20, "test": 50}


def test_the_hubs_own_conversion_is_read_where_the_catalogue_says_so(served: Hub, tmp_path: Path) -> None:
    files = {"train": ["default/train/*.parquet"], "test": ["default/test/*.parquet"]}
    tables = hub(path=entry(tmp_path, revision="refs/convert/parquet", files=files), train_rows=30, test_rows=30)
    assert tables.splits["train"]["text"].str.contains("converted").all()
    commit = served.repositories["datasets/some/set"].commit("refs/convert/parquet")
    assert tables.facts["hub"]["commit"] == commit
    pinned = hub(path=entry(tmp_path, revision=commit, files=files), train_rows=30, test_rows=30, pinned=True)
    pd.testing.assert_frame_equal(pinned.splits["train"], tables.splits["train"])


def test_withheld_test_labels_mean_that_validation_is_the_test_split(served: Hub, tmp_path: Path) -> None:
    files = {"train": ["data/train-*.parquet"], "validation": ["data/validation-*.parquet"]}
    tables = hub(path=entry(tmp_path, hub="some/withheld", files=files, test="validation", rows=None))
    assert len(tables.splits["test"]) == 100 and tables.splits["test"]["text"].str.contains("test text").all()
    assert tables.splits["validation"]["text"].str.contains("train text").all()
    own = {"train": ["data/train-1.parquet"], "validation": ["data/train-0.parquet"], "test": ["data/val*.parquet"]}
    given = hub(path=entry(tmp_path, hub="some/withheld", files=own, rows=None))
    assert {name: len(frame) for name, frame in given.splits.items()} == {"train": 150, "validation": 150, "test": 100}


def test_duplicates_of_a_later_split_and_rows_without_text_or_label_go_and_are_counted(
    served: Hub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [*MAIN["train"], *((text, 0) for text, _ in MAIN["test"][:6]), ("<br />", 1), ("kept", -1)]
    laid_out(tmp_path / "main", {"train": rows, "test": MAIN["test"]}, "data/{split}-{part:05d}-of-00002.parquet")
    tables = hub(path=entry(tmp_path, text=["content"]))
    assert tables.dropped["train: also in a later split"] == 6
    assert tables.dropped["train: no text"] == 1 and tables.dropped["train: no label"] == 1
    assert "some/set: train has 308 rows, the catalogue says 300" in capsys.readouterr().out


def test_pairs_of_texts_come_in_two_columns(served: Hub, tmp_path: Path) -> None:
    tables = hub(path=entry(tmp_path, text=["title"], text_pair="content"), train_rows=30, test_rows=30)
    assert list(tables.splits["test"].columns) == ["text", "text_pair", "label"]
    assert tables.splits["test"]["text_pair"].str.startswith("test text number").all()


def test_fewer_rows_than_asked_for_are_said(served: Hub, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tables = hub(path=entry(tmp_path), train_rows=60, validation_rows=30, test_rows=90)
    assert tables.splits["test"]["label"].value_counts().sort_index().tolist() == [20, 30, 20]
    assert "some/set: test has 70 of the 90 rows asked for" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"hub": "some/other"},
            r"entry.yaml: the hub has no dataset 'some/other', or it is private: correct.* `source: files`",
        ),
        ({"hub": "some/gated"}, r"entry.yaml: 'some/gated' is gated: accept its terms on the hub and log in"),
        ({"revision": "0" * 40}, r"entry.yaml: 'some/set' has no revision 0{40}: copy a commit"),
        ({"files": {"train": ["x/*.parquet"], "test": ["y/*.parquet"]}}, r"has no file x/\*\.parquet for train"),
        ({"files": {"train": ["data/train-*.parquet"], "test": ["y/*.parquet"]}}, r"no file y/\*\.parquet for test"),
        ({"text": ["body"]}, r"some/set has no column 'body', only title, content, label: correct "),
        ({"text": ["title", "label"]}, r"column 'label' holds int64, not texts"),
        ({"label": "title", "labels": ["a", "b"]}, r"label 'title 0' is not among its 2 labels"),
        ({"labels": ["good", "fair", "bad"]}, r"labels are not those of some/set \(bad, fair, good\)"),
        ({"labels": ["bad", "fair"]}, r"labels are not those of some/set"),
        ({"revision": "v1.0"}, r"revision: 'v1.0' may change without notice: give a commit hash .*40.* or say main"),
        ({"revision": None}, r"entry.yaml: revision is missing"),
        ({"files": {"train": ["data/train-*.parquet"]}}, r"files.test is missing, and test rows are never taken from"),
        (
            {"files": {"train": ["a.parquet"], "validation": ["b.parquet"]}},
            r"files.test is missing.*or say `test: validation`",
        ),
        ({"files": {"train": ["rows.pkl"], "test": ["a.parquet"]}}, r"files.train.0: .*got 'rows.pkl'"),
        ({"txet": ["title"]}, r"txet: unknown key; did you mean 'text'\?"),
    ],
)
def test_what_is_missing_is_said_in_one_line(
    served: Hub, tmp_path: Path, changed: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message) as refusal:
        hub(path=entry(tmp_path, **changed))
    assert "\n" not in str(refusal.value)


def test_a_pinned_dataset_may_not_move(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="revision main may change: put a commit hash there, or drop `pinned`"):
        hub(path=entry(tmp_path), pinned=True)


@pytest.mark.parametrize("content", [None, "- a list", "{broken"])
def test_an_absent_or_broken_file_of_the_catalogue_is_refused(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "mine.yaml"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ValueError, match=r"mine\.yaml (does not exist|describes no dataset|is not YAML)") as refusal:
        read_entry(path)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("revision", ["main", "0" * 40])
def test_without_a_network_the_refusal_says_at_once_what_to_do(
    revision: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Hub({}, tmp_path / "cache") as closed:
        closed.patch(monkeypatch)
    monkeypatch.setattr(time, "sleep", lambda seconds: pytest.fail("waits to try again"))
    with pytest.raises(ValueError, match=rf"entry\.yaml: 'some/set' .*\(no answer of {closed.endpoint}\)") as refusal:
        hub(path=entry(tmp_path, revision=revision))
    assert str(refusal.value).endswith(f"check the network or HF_ENDPOINT, or {LOCAL}")


def test_without_a_network_what_was_fetched_is_read(
    served: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pinned = entry(tmp_path, revision=served.repositories["datasets/some/set"].commit("main"))
    before = hub(path=pinned, train_rows=30, test_rows=30)
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    after = hub(path=pinned, train_rows=30, test_rows=30)
    pd.testing.assert_frame_equal(before.splits["train"], after.splits["train"])


def test_names_that_files_carry_stand_in_for_those_of_the_catalogue(served: Hub, tmp_path: Path) -> None:
    assert hub(path=entry(tmp_path, labels=None), train_rows=30, test_rows=30).labels == NAMES


def test_an_entry_is_read_only() -> None:
    with pytest.raises(ValueError, match="frozen"):
        HubEntry(**ENTRY).hub = "another/one"  # type: ignore[misc]
