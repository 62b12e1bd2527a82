"""A project of a pico model and 120 rows, run by `dvc repro` as a user would."""

import atexit
import contextlib
import copy
import csv
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import yaml
from dvc.repo import Repo
from filelock import FileLock

from slim.orchestration.warm import warm_python
from tests import pico
from tests.imports import ROOT

DATASET, SEEDS = "toy", [0, 1]
RUNS = [f"{DATASET}/{seed}" for seed in SEEDS]
SIGNALS = {name: {"prune_first": "low"} for name in ("weight_entropy", "activation_energy", "gradient_fisher")}
OVERRIDES = {
    "grid": {"datasets": [DATASET], "seeds": SEEDS},
    "runtime": {"threads": 1, "precision": "fp32"},
    "model": {"source": "folder", "path": "pico"},
    "datasets": {
        DATASET: {"source": "files", "path": "table", "validation_fraction": 0.2, "finetune": {"linear_probe": True}}
    },
    "finetune": {"learning_rate": 3e-3, "epochs": 30, "batch_size": 8, "max_tokens": 16},
    "budgets": {"brief": {"steps": 4}},
    "recover": {"sizes": [1, 2, 3], "sets": 20},
    "extract_signals": {"texts": 40},
    "strategies": {**SIGNALS, "random": {"prune_first": "low", "draws": 2}},
    "fusions": {"random_forest": {"n_estimators": 10}, "greedy": {}},
    "prune": {
        "half": {"from": "teacher", "method": "drop_layers", "order": "random_forest", "keep": 0.5,
                 "control": "half_greedy"},
        "half_greedy": {"from": "teacher", "method": "drop_layers", "order": "greedy", "keep": 0.5},
    },
    "distillation": {"epochs": 2, "batch_size": 8, "learning_rate": 3e-3},
    "distill": {
        "half_distilled": {"from": "half", "method": "distill", "control": "half_finetuned"},
        "half_finetuned": {"from": "half", "method": "distill", "alpha": 0.0},
    },
    "compress": {"small": {"from": "half_distilled", "method": "float16", "control": "half_distilled"}},
    "baselines": {"tfidf_linear_svm": {"method": "tfidf_linear", "classifier": "linear_svm", "min_df": 1}},
    "evaluate": {"resamples": 200},
}  # fmt: skip
ALL = ("report", "ship", "study")
MODELS = ("teacher", "half", "half_greedy", "half_distilled", "half_finetuned", "small")


@cache
def warm() -> dict[str, str]:
    """The environment in which a project's processes start warm, as under `make`; the server ends with the tests."""
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT / "tests" / "trace"),
        "OMP_NUM_THREADS": "1",
        "DVC_NO_ANALYTICS": "1",
    }
    server = contextlib.ExitStack()
    atexit.register(server.close)
    return server.enter_context(warm_python(environment))


class Project:
    """A copy of this repository with a pico model and a small table in it; what lies in the folder already stays."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.trace = folder.parent / f"{folder.name}-trace"
        self.params = yaml.safe_load((ROOT / "params.yaml").read_text()) | copy.deepcopy(OVERRIDES)
        if not folder.is_dir():
            self.lay_out()

    def lay_out(self) -> None:
        folder = self.folder
        for name in ("slim", "stages", ".dvc", "dvc.yaml", ".dvcignore", ".gitignore"):
            source = ROOT / name
            if source.is_dir():
                ignored = shutil.ignore_patterns("__pycache__", "cache", "tmp", "config.local")
                shutil.copytree(source, folder / name, ignore=ignored)
            else:
                shutil.copy(source, folder / name)
        self.trace.mkdir()
        self.write_params(self.params)
        (folder / "table").mkdir()
        pico.classifier(layers=4).save(folder / "pico", pico.texts())
        for name, rows, seed in (("train", 120, 0), ("test", 60, 1)):
            self.write_table(f"table/{name}.csv", rows, seed)
        subprocess.run(["git", "init", "-q"], cwd=folder, check=True)

    def write_table(self, name: str, rows: int, seed: int) -> None:
        """Three classes; four words of a class's own in every text, and one of any."""
        draw = np.random.default_rng(seed)
        with (self.folder / name).open("w", newline="") as file:
            table = csv.writer(file)
            table.writerow(["text", "label"])
            for i in range(rows):
                own = draw.choice(pico.WORDS[15 * (i % 3) : 15 * (i % 3) + 15], 4)
                table.writerow([" ".join(draw.permutation([*own, draw.choice(pico.WORDS)])), "abc"[i % 3]])

    def write_params(self, params: dict) -> None:
        (self.folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))

    def call(self, *words: str) -> str:
        """What `python -m WORDS` prints; fails with it when the command fails."""
        environment = warm() | {"TRACE": str(self.trace)}
        done = subprocess.run(
            ["python", "-m", *words], cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        return done.stdout

    def ran(self, *words: str) -> set[str]:
        """The stages that `dvc repro` runs; without words all but `benchmark`, which starts processes for a minute."""
        return set(re.findall(r"Running stage '([^']+)'", self.call("dvc", "repro", *(words or ALL))))

    def changed(self, key: str, value) -> set[str]:
        """The stages that are out of date themselves once a parameter has another value; it is put back."""
        params = copy.deepcopy(self.params)
        put(params, key, value)
        self.write_params(params)
        try:
            with contextlib.chdir(self.folder), Repo() as repo:
                return set(repo.status(list(ALL), with_deps=True))
        finally:
            self.write_params(self.params)

    def digest(self) -> dict[str, str]:
        """Every file that the stages wrote -> the hash of its bytes."""
        files = (
            f
            for part in ("data", "models", "reports", "shipped")
            for f in (self.folder / part).rglob("*")
            if f.is_file()
        )
        return {str(file.relative_to(self.folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


@dataclass
class FirstRun:
    """What the first `dvc repro` of the project did, before any test changed it."""

    project: Project
    stages: set[str]
    """Those that ran."""
    logs: set[str]
    """Names of the traces that they left."""
    digest: dict[str, str]


def first_run(tmp_path_factory: pytest.TempPathFactory) -> FirstRun:
    """The project after one `dvc repro`, which takes minutes: of several test processes one runs it for all."""
    own = tmp_path_factory.getbasetemp()
    shared = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "pipeline"
    shared.mkdir(exist_ok=True)
    record, project = shared / "first_run.json", shared / "project"
    with FileLock(shared / "lock"):
        if not record.is_file():
            made = Project(project)
            stages = sorted(made.ran())
            logs = sorted(log.name for log in made.trace.iterdir())
            record.write_text(json.dumps({"stages": stages, "logs": logs, "digest": made.digest()}))
    told = json.loads(record.read_text())
    return FirstRun(Project(project), set(told["stages"]), set(told["logs"]), told["digest"])


def put(content: dict, key: str, value) -> None:
    """Set a dotted key; None removes it."""
    *way, last = key.split(".")
    for part in way:
        content = content.setdefault(part, {})
    if value is None:
        del content[last]
    else:
        content[last] = value
