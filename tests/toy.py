"""A small pipeline in a repository of its own, run by DVC in this process or by workers."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path
from unittest.mock import patch

import yaml
from dvc.repo import Repo

from slim.orchestration.parallel import repro

RANKED = ("a", "b", "c")
RUNS = ["x/0", "x/1"]
STAGES = ["top", *(f"rank@{name}" for name in RANKED), "gather", "leaf", "prune@half"]
PARTS = [f"prune@half-{run.replace('/', '-')}" for run in RUNS]

PRUNE = """
import os, sys
from pathlib import Path

def part(run):
    path = Path("parts", run)
    if not path.exists():
        if run in os.environ.get("BROKEN", ""):
            sys.exit("no such luck")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(run + Path("out/gather").read_text())
        with open(os.environ["DIARY"], "a") as diary:
            print("prune@half-" + run.replace("/", "-"), file=diary)
    return path.read_text()

if sys.argv[2:]:
    part("/".join(sys.argv[2:]))
else:
    Path("out/half").write_text("".join(part(run) for run in ("x/0", "x/1")))
    with open(os.environ["DIARY"], "a") as diary:
        print("prune@half", file=diary)
"""


def stage(name: str, *reads: str, before: str = "true") -> dict:
    """A stage that writes its own name under what it read, and a line in a diary that DVC does not know."""
    out = f"out/{name.replace('@', '-')}"
    code = f"cat {' '.join(f'out/{r}' for r in reads)} /dev/null > {out} && echo {name} >> {out}"
    return {
        "cmd": f"mkdir -p out && {before} && {code} && echo {name} >> $DIARY",
        "deps": ["seed", *(f"out/{r}" for r in reads)],
        "outs": [out],
    }


def pipeline(slow: bool = False) -> dict:
    """A stage, three quick ones over it, one that gathers them; over that a leaf, and one that loops over runs."""
    rank = stage("rank@${item}", "top") | {"outs": ["out/rank-${item}"]}
    half = {"cmd": "python -m stages.prune half", "deps": ["out/gather"], "outs": ["out/half"]}
    return {
        "stages": {
            "top": stage("top"),
            "rank": {"foreach": list(RANKED), "do": rank},
            "gather": stage("gather", *(f"rank-{name}" for name in RANKED)),
            "leaf": stage("leaf", "gather", before="sleep 60" if slow else "true"),
            "prune": {"foreach": ["half"], "do": half},
        }
    }


class Toy:
    """A repository with this pipeline, new or a clone of another's `origin`."""

    def __init__(self, folder: Path, origin: Path | None = None):
        self.folder = folder
        self.diary = folder.parent / f"{folder.name}.diary"
        if origin:
            self.git("clone", "-q", str(origin), str(folder), folder=folder.parent)
            return
        (folder / "stages").mkdir(parents=True)
        (folder / "stages/prune.py").write_text(PRUNE)
        self.write()
        (folder / "seed").write_text("seed\n")
        (folder / ".gitignore").write_text("/out/\n/parts/\n")
        self.git("init", "-q")
        Repo.init(str(folder)).close()

    def write(self, slow: bool = False) -> None:
        (self.folder / "dvc.yaml").write_text(yaml.safe_dump(pipeline(slow), sort_keys=False))

    def git(self, *words: str, folder: Path | None = None) -> str:
        done = subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@b", *words],
            cwd=folder or self.folder, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout

    def commit(self) -> None:
        self.git("add", "-A")
        self.git("commit", "-qm", "a")

    @contextmanager
    def repo(self, folder: Path | None = None) -> Iterator[Repo]:
        """DVC in the repository's folder, or another."""
        with chdir(folder or self.folder), patch.dict(os.environ, DIARY=str(self.diary)), Repo() as repo:
            yield repo

    def work(self, *targets: str, address: str | None = None, **environment: str) -> None:
        """What two workers run, or those of a scheduler."""
        before = signal.getsignal(signal.SIGTERM)
        with chdir(self.folder), patch.dict(os.environ, DIARY=str(self.diary), DVC_NO_ANALYTICS="1", **environment):
            try:
                repro(targets, 2, 1, runs=RUNS, address=address)
            finally:
                signal.signal(signal.SIGTERM, before)

    def ran(self) -> list[str]:
        """The stages and parts whose commands ran, in the order they ended."""
        return self.diary.read_text().split() if self.diary.exists() else []

    def outs(self) -> dict[str, str]:
        return {file.name: file.read_text() for file in (self.folder / "out").iterdir() if file.name != ".gitignore"}
