"""A profile changes what it says, runs in a folder of its own, and computes nothing that is there already."""

import copy
import json
import os
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

from slim.config import load
from slim.orchestration import profiles
from slim.orchestration.profiles import merged
from stages.lay_out import lay_out
from tests.imports import ROOT
from tests.toy import Toy


@pytest.fixture
def toy(tmp_path, monkeypatch) -> Toy:
    """The toy pipeline with parameters, a profile `small`, committed."""
    toy = Toy(tmp_path / "toy")
    (toy.folder / "profiles").mkdir()
    (toy.folder / "profiles/small.yaml").write_text("size: {rows: 2}\nmodel: {path: weights}\n")
    (toy.folder / "params.yaml").write_text("size: {rows: 10, columns: 3} # of the table\nmodel: {name: a}\n")
    (toy.folder / "weights").mkdir()
    for name, text in (("reports/page.html", "laptop"), ("weights/one", "1"), (".gitignore", None)):
        (toy.folder / name).parent.mkdir(exist_ok=True)
        (toy.folder / name).write_text(text or "/out/\n/runs/\n/weights/\n/.ckpt\n")
    (toy.folder / ".dvcignore").write_text("/runs/\n")
    toy.commit()
    monkeypatch.chdir(toy.folder)
    return toy


def test_mappings_are_merged_key_by_key_but_for_those_replaced_as_a_whole():
    content = {"a": {"b": 1, "c": [1, 2], "d": {"e": 1}}, "grid": {"seeds": [0], "datasets": ["x"]}, "f": 1, "g": {}}
    profiles.merge(
        content, {"a": {"c": [3], "d": {"grid": {"h": 1}}}, "grid": {"seeds": [1]}, "f": None, "i": {"j": 2}}
    )
    assert content == {
        "a": {"b": 1, "c": [3], "d": {"e": 1, "grid": {"h": 1}}}, "grid": {"seeds": [1]}, "g": {}, "i": {"j": 2},
    }  # fmt: skip


def test_a_run_has_its_own_parameters_and_results_and_the_code_as_it_is_here(toy):
    (toy.folder / "seed").write_text("edited, not committed\n")
    (toy.folder / "new.txt").write_text("not added\n")
    before = {name: (toy.folder / name).read_bytes() for name in ("params.yaml", "reports/page.html")}
    run = profiles.lay_out("small")
    assert run.as_posix() == "runs/small"
    assert yaml.safe_load((run / "params.yaml").read_text()) == {
        "size": {"rows": 2, "columns": 3}, "model": {"path": "weights"},
    }  # fmt: skip
    assert "# of the table" in (run / "params.yaml").read_text()
    assert (run / "seed").read_text() == "edited, not committed\n" and (run / "new.txt").exists()
    assert (run / "weights/one").read_text() == "1"  # which git ignores and a parameter names
    assert not (run / "reports").exists() and not (run / "dvc.lock").exists()
    assert {name: (toy.folder / name).read_bytes() for name in before} == before
    assert toy.git("status", "--porcelain").split() == ["M", "seed", "??", "new.txt"]


def test_laying_out_again_follows_the_code_and_keeps_results(toy):
    run = profiles.lay_out("small")
    (run / "reports").mkdir()
    (run / "reports/page.html").write_text("small")
    (run / "dvc.lock").write_text("small")
    time = (run / "dvc.yaml").stat().st_mtime_ns
    (toy.folder / "seed").rename(toy.folder / "kernel")
    toy.commit()
    profiles.lay_out("small")
    assert (run / "kernel").exists() and not (run / "seed").exists()
    assert (run / "reports/page.html").read_text() == (run / "dvc.lock").read_text() == "small"
    assert (run / "dvc.yaml").stat().st_mtime_ns == time
    heads = {toy.git("rev-parse", "HEAD", folder=folder) for folder in (toy.folder, run.absolute())}
    assert len(heads) == 1


def test_results_committed_in_a_run_stay_in_its_history(toy):
    run = profiles.lay_out("small")
    (run / "reports").mkdir()
    (run / "reports/page.html").write_text("small")
    mine = copy.copy(toy)
    mine.folder = run.absolute()
    mine.commit()
    kept = mine.git("rev-parse", "HEAD")
    (toy.folder / "seed").write_text("other\n")
    toy.commit()
    profiles.lay_out("small")
    assert mine.git("rev-parse", "HEAD") == kept and (run / "seed").read_text() == "other\n"


def test_what_was_computed_here_is_not_computed_there(toy):
    with toy.repo() as repo:
        repo.reproduce()
    ran = toy.ran()
    run = profiles.lay_out("small").absolute()
    lock = (toy.folder / "dvc.lock").read_bytes()
    with toy.repo(run) as repo:
        repo.reproduce()
    assert toy.ran() == ran and sorted(os.listdir(run / "out")) == sorted(os.listdir(toy.folder / "out"))
    assert (toy.folder / "dvc.lock").read_bytes() == lock
    with toy.repo() as repo:
        assert repo.status() == {}


def test_a_finished_run_is_published_and_no_other(toy):
    run = profiles.lay_out("small").absolute()
    with pytest.raises(ValueError, match=r"runs/small is not finished: top has to run, and 5 more"):
        profiles.publish("small", ["leaf"])
    with toy.repo(run) as repo:
        repo.reproduce()
    (run / "reports").mkdir()
    (run / "reports/summary.md").write_text("small")
    kept = profiles.publish("small", ["leaf"])
    for name in ("params.yaml", "dvc.lock", "reports/summary.md"):
        assert (toy.folder / "results/small" / name).read_bytes() == (run / name).read_bytes()
    assert kept == Path("results/small") and sorted(os.listdir(kept)) == ["dvc.lock", "params.yaml", "reports"]


def test_a_run_that_is_going_on_is_left_alone(toy):
    run = profiles.lay_out("small")
    (run / ".dvc/tmp").mkdir(exist_ok=True)
    for pid, kind in ((os.getpid(), "write"), (os.getpid(), "read")):
        who = {"pid": pid, "cmd": "dvc repro"}
        (run / ".dvc/tmp/rwlock").write_text(json.dumps({"out/top": {kind: who if kind == "write" else [who]}}))
        with pytest.raises(ValueError, match=f"runs/small is being run by process {pid}: wait for it, or end it"):
            profiles.lay_out("small")
    (run / ".dvc/tmp/rwlock").write_text("{}")
    profiles.lay_out("small")


def test_a_profile_that_does_not_exist_is_refused_with_the_nearest(toy):
    with pytest.raises(ValueError, match=r"there is no profiles/smal\.yaml: did you mean 'small'\?"):
        profiles.lay_out("smal")
    assert not (toy.folder / "runs").exists()


def test_the_laptop_profile_is_the_repository_itself(toy):
    assert profiles.lay_out("laptop").as_posix() == "." and not (toy.folder / "runs").exists()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("datasets: {2024: {source: files, path: mine}}", "datasets.2024: a name is a word"),
        ("model: {source: folder, path: data}", "model.path: 'data' is where data/datasets is written"),
        ("evaluate: null", "evaluate: missing"),
    ],
)
def test_a_profile_that_cannot_run_is_refused_before_it_has_a_folder(toy, wrong, message):
    (toy.folder / "params.yaml").write_text((ROOT / "params.yaml").read_text())
    (toy.folder / "profiles/wrong.yaml").write_text(wrong)
    with pytest.raises(ValueError, match=rf"params\.yaml with profiles/wrong\.yaml: {message}"):
        lay_out("wrong")
    assert not (toy.folder / "runs").exists()


@pytest.fixture
def checked(tmp_path, monkeypatch):
    """profile -> its checked parameters, and those of params.yaml."""
    monkeypatch.chdir(ROOT)

    def check(profile: str):
        profiles.write_params(profile, tmp_path / "params.yaml")
        return load(tmp_path / "params.yaml"), load()

    return check


def test_smoke_has_every_strategy_and_fusion_and_little_else(checked):
    smoke, laptop = checked("smoke")
    assert list(smoke.strategies) == list(laptop.strategies) and list(smoke.fusions) == list(laptop.fusions)
    rows = Path(smoke.datasets[smoke.grid.datasets[0]]["path"], "train.csv").read_text().splitlines()
    assert smoke.model == laptop.model and len(rows) < 1000


def test_digits_are_images_for_a_vit_and_every_strategy(checked):
    digits, laptop = checked("digits")
    assert [digits.datasets[name]["source"] for name in digits.grid.datasets] == ["digits"]
    assert digits.model.config.model_type == "vit" and not digits.model.name
    assert list(digits.strategies) == list(laptop.strategies) and list(digits.fusions) == list(laptop.fusions)


@pytest.mark.skipif(
    find_spec("slim.download.datasets.hub") is None, reason="the paper's datasets and model are on the hub"
)
def test_paper_is_the_papers_setting(checked):
    paper, laptop = checked("paper")
    nine = {"newsgroup", "dbpedia", "arxiv", "patent", "yahoo", "yelp", "agnews", "imdb", "amazon"}
    assert set(paper.grid.datasets) == set(paper.datasets) == nine and len(paper.grid.seeds) == 3
    assert list(paper.strategies) == list(laptop.strategies) and list(paper.fusions) == list(laptop.fusions)
    assert paper.model.name == "google-bert/bert-base-uncased" and paper.finetune.max_tokens == 32
    assert (paper.finetune.epochs, paper.finetune.batch_size, paper.finetune.learning_rate) == (3, 32, 2e-5)
    for entry in paper.datasets.values():
        assert (ROOT / entry["path"]).is_file()


def test_a_profile_may_be_based_on_others_first_to_last_and_not_on_itself(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    files = {
        "params.yaml": "a: 1\nb: {x: 1, y: 1}\nc: {z: 1}\n",
        "profiles/one.yaml": "a: 2\nb: {x: 2}\nc: {z: null}\n",
        "profiles/two.yaml": "b: {x: 3}\n",
        "profiles/own.yaml": "based_on: [one, two]\nb: {y: 4}\n",
        "profiles/round.yaml": "based_on: [back]\n",
        "profiles/back.yaml": "based_on: [round]\n",
    }
    (tmp_path / "profiles").mkdir()
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    assert merged("own") == {"a": 2, "b": {"x": 3, "y": 4}, "c": {}}
    with pytest.raises(ValueError, match="profiles round -> back -> round are based on one another: drop one"):
        merged("round")
