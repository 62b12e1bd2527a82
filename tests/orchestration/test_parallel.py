"""Stages side by side give what one after the other gives, stop at the first failure, and are never computed twice."""

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from slim.utils.code_hash import ROOT
from tests.warm import COLD

LEAVES = [f"leaf{i}" for i in range(6)]

WORK = """
import sys
from slim.orchestration.parallel import repro
try:
    repro(sys.argv[2:], int(sys.argv[1]), threads=1)
except ValueError as refusal:
    sys.exit(str(refusal))
"""


def stage(name: str, *reads: str, extra: str = "") -> dict:
    """A stage that writes its own name under what it read, and a line in a diary that DVC does not know."""
    code = f"cat {' '.join(f'out/{r}' for r in reads)} /dev/null > out/{name} && echo {name} >> out/{name}"
    diary = f"echo {name} >> $DIARY"
    return {
        "cmd": f"mkdir -p out && {extra or 'true'} && {code} && {diary}",
        "deps": ["seed", *(f"out/{r}" for r in reads)],
        "outs": [f"out/{name}"],
    }


def pipeline(broken: str = "") -> dict:
    """Twelve stages: a diamond (top, left, right, bottom), six leaves over it, and two that gather leaves."""
    stages = {
        "top": stage("top"),
        "left": stage("left", "top"),
        "right": stage("right", "top"),
        "bottom": stage("bottom", "left", "right"),
        **{leaf: stage(leaf, "bottom") for leaf in LEAVES},
        "gather": stage("gather", *LEAVES[:3]),
        "aside": stage("aside", *LEAVES[3:]),
    }
    if broken:
        stages[broken] = stage(broken, "bottom", extra="sleep 1 && false")
        stages["leaf5"] = stage("leaf5", "bottom", extra="sleep 60")
    return {"stages": stages}


class Toy:
    """A repository with the twelve stages; `path`: where its `python` is found."""

    def __init__(self, folder: Path, path: str, broken: str = "", origin: Path | None = None):
        self.folder, self.path = folder, path
        self.diary = folder.parent / f"{folder.name}.diary"
        if origin:
            self.call("git", "clone", "-q", str(origin), str(folder), folder=folder.parent)
            return
        folder.mkdir()
        self.write(broken)
        (folder / "seed").write_text("seed\n")
        (folder / ".gitignore").write_text("/out/\n")
        self.call("git", "init", "-q")
        self.call("python", "-m", "dvc", "init", "-q")

    def write(self, broken: str = "") -> None:
        (self.folder / "dvc.yaml").write_text(yaml.safe_dump(pipeline(broken), sort_keys=False))

    def call(self, *words: str, folder: Path | None = None) -> subprocess.CompletedProcess:
        environment = os.environ | {
            "PATH": self.path,
            "PYTHONPATH": str(ROOT),
            "DIARY": str(self.diary),
            "DVC_NO_ANALYTICS": "1",
        }
        return subprocess.run(
            words, cwd=folder or self.folder, env=environment, capture_output=True, text=True, check=False
        )

    def dvc(self, *words: str) -> str:
        done = self.call("python", "-m", "dvc", *words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def work(self, workers: int, *targets: str) -> subprocess.CompletedProcess:
        program = self.folder.parent / "work.py"
        program.write_text(WORK)
        return self.call("python", str(program), str(workers), *targets)

    def ran(self) -> list[str]:
        """The stages whose commands ran, in the order they ended."""
        return self.diary.read_text().split() if self.diary.exists() else []

    def outs(self) -> dict[str, str]:
        return {file.name: file.read_text() for file in (self.folder / "out").iterdir() if file.name != ".gitignore"}


@pytest.fixture(scope="module")
def serial(tmp_path_factory, warm) -> Toy:
    toy = Toy(tmp_path_factory.mktemp("serial") / "toy", warm)
    toy.dvc("repro")
    return toy


@pytest.fixture(scope="module")
def spread(tmp_path_factory, warm) -> Toy:
    """The same by two workers."""
    toy = Toy(tmp_path_factory.mktemp("spread") / "toy", warm)
    done = toy.work(2)
    assert done.returncode == 0, done.stderr
    return toy


def test_two_workers_write_what_one_after_the_other_writes(serial, spread):
    assert spread.outs() == serial.outs()
    locks = [yaml.safe_load((toy.folder / "dvc.lock").read_text()) for toy in (serial, spread)]
    assert locks[0] == locks[1]
    assert sorted(spread.ran()) == sorted(pipeline()["stages"])
    assert spread.dvc("status").strip() == "Data and pipelines are up to date."


def test_no_stage_starts_before_those_it_reads_from(spread):
    place = {name: i for i, name in enumerate(spread.ran())}
    for name, what in pipeline()["stages"].items():
        for dep in what["deps"][1:]:
            assert place[dep.removeprefix("out/")] < place[name]


def test_a_second_run_runs_nothing_and_a_target_only_what_it_needs(tmp_path, warm):
    toy = Toy(tmp_path / "toy", warm)
    assert toy.work(2, "gather").returncode == 0
    assert set(toy.ran()) == set(pipeline()["stages"]) - {"aside", *LEAVES[3:]}
    before = toy.ran()
    assert toy.work(2, "gather").returncode == 0
    assert toy.ran() == before


def test_the_first_failure_ends_the_run_in_one_line_and_the_next_run_goes_on(tmp_path):
    toy = Toy(tmp_path / "toy", COLD, broken="leaf0")  # ended are only processes that started by themselves
    done = toy.work(2)
    assert done.returncode == 1
    said = [line for line in re.split(r"[\r\n]+", done.stderr) if line and not line.startswith("running:")]
    assert len(said) == 1 and re.fullmatch(r"leaf0 failed, the others were ended: read .*leaf0\.log", said[0].strip())
    log = Path(said[0].split(": read ")[1])
    assert "failed to reproduce 'leaf0'" in log.read_text()
    ran = toy.ran()
    assert {"top", "left", "right", "bottom"} <= set(ran) and "gather" not in ran and "leaf5" not in ran
    toy.write()
    assert toy.work(2).returncode == 0
    assert len(toy.ran()) == len(set(toy.ran())) == 12  # what was done before is not done again
    assert toy.dvc("status").strip() == "Data and pipelines are up to date."


def test_more_threads_than_cores_are_refused(tmp_path, warm):
    toy = Toy(tmp_path / "toy", warm)
    cores = len(os.sched_getaffinity(0))
    done = toy.work(cores + 1)
    assert done.returncode == 1 and f"want {cores + 1} cores of {cores}" in done.stderr and not toy.ran()


def test_a_target_that_does_not_exist_is_refused(spread):
    done = spread.work(2, "gathr")
    assert done.returncode == 1 and done.stderr.strip().startswith("gathr: ") and "\n" not in done.stderr.strip()


@pytest.mark.parametrize("lock", [True, False], ids=["with the lock file", "by the run cache alone"])
def test_what_one_clone_computed_another_takes_from_the_shared_store(tmp_path, warm, lock):
    first = Toy(tmp_path / "first", warm)
    first.dvc("remote", "add", "-d", "store", str(tmp_path / "store"))
    first.dvc("repro")
    first.dvc("push", "--run-cache")
    outs = first.outs()
    if not lock:
        (first.folder / "dvc.lock").unlink()
    first.call("git", "add", "-A")
    assert first.call("git", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "a").returncode == 0
    second = Toy(tmp_path / "second", warm, origin=first.folder)
    second.dvc("pull", "--run-cache", "--allow-missing")
    said = second.dvc("repro", "--pull")
    assert second.ran() == [] and "Running stage" not in said
    assert len(second.outs()) == 12 and second.outs() == outs
    assert second.work(2).returncode == 0 and second.ran() == []
