"""The whole pipeline through `dvc repro`, on a pico model and 200 rows; then what reruns, and what is restored."""

import copy
import csv
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import yaml
from transformers import AutoModelForSequenceClassification

from slim.subsets.lattice import Lattice
from slim.utils.code_hash import ROOT
from tests import pico
from tests.test_truth import STAGES, covers, declared
from tests.warm import COLD

DATASET = "toy"
SEEDS = [0, 1]
OVERRIDES = {
    "grid.datasets": [DATASET],
    "grid.seeds": SEEDS,
    "runtime.threads": 1,
    "runtime.precision": "fp32",
    "runtime.max_tokens": 16,
    "model": {"source": "folder", "path": "pico"},
    "datasets": {DATASET: {"source": "files", "path": "table", "validation_fraction": 0.2}},
    "finetune.learning_rate": 3e-3,
    "finetune.epochs": 12,
    "finetune.min_steps": 0,
    "finetune.batch_size": 8,
    "distill.min_steps": 0,
    "budgets": {"brief": {"steps": 4}},
    "distillations": {"as_default": {}, "hidden_states": {"hidden_states": 1.0}},
    "extract_signals.texts": 60,
    "strategies.mi_task_relevance": {"prune_first": "low", "folds": 3, "components": 8},
    "strategies.mi_prediction_relevance": {"prune_first": "low", "folds": 3, "components": 8},
    "fusions.random_forest.trees": 10,
    "evaluate.resamples": 200,
    "evaluate.floor.min_documents": 1,
}


def put(content: dict, key: str, value) -> None:
    *way, last = key.split(".")
    for part in way:
        content = content[part]
    content[last] = value


class Project:
    """A copy of this repository with a pico model and a small table in it; `path`: where its `python` is found."""

    def __init__(self, folder: Path, path: str):
        self.folder, self.path = folder, path
        for name in ("slim", "stages", ".dvc", "dvc.yaml", ".dvcignore", ".gitignore"):
            source = ROOT / name
            if source.is_dir():
                ignored = shutil.ignore_patterns("__pycache__", "cache", "tmp", "config.local")
                shutil.copytree(source, folder / name, ignore=ignored)
            else:
                shutil.copy(source, folder / name)
        self.trace = folder.parent / "trace"
        self.trace.mkdir()
        self.params = yaml.safe_load((ROOT / "params.yaml").read_text())
        for key, value in OVERRIDES.items():
            put(self.params, key, copy.deepcopy(value))
        self.write_params(self.params)
        (folder / "table").mkdir()
        pico.classifier(layers=4).save(folder / "pico", pico.texts())
        for name, rows, seed in (("train", 200, 0), ("test", 80, 1)):
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
        environment = os.environ | {
            "PATH": self.path,
            "PYTHONPATH": str(ROOT / "tests" / "trace"),
            "TRACE": str(self.trace),
            "OMP_NUM_THREADS": "1",
            "DVC_NO_ANALYTICS": "1",
        }
        done = subprocess.run(
            ["python", "-m", *words],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        return done.stdout

    def ran(self, *words: str) -> set[str]:
        """The stages that `dvc repro` runs (or, with --dry, would run)."""
        return set(re.findall(r"Running stage '([^']+)'", self.call("dvc", "repro", *words)))

    def digest(self) -> dict[str, bytes]:
        """Every file that the stages wrote."""
        files = (f for part in ("data", "models", "reports") for f in (self.folder / part).rglob("*") if f.is_file())
        return {str(file.relative_to(self.folder)): file.read_bytes() for file in files}


@pytest.fixture(scope="module")
def project(tmp_path_factory, warm) -> Project:
    """The project after one `dvc repro`."""
    made = Project(tmp_path_factory.mktemp("pipeline") / "project", warm)
    made.first_run = made.ran()
    return made


def test_every_stage_ran_and_a_second_repro_runs_none(project):
    names = {name.split("@")[0] for name in project.first_run}
    assert names == set(STAGES)
    seeds, students = len(SEEDS), len(project.params["students"])
    methods = len(project.params["strategies"]) + len(project.params["fusions"])
    # Once: model, dataset, report, study. A seed: teacher, lattice, statistics, evaluation; each student thrice;
    # for the study: one budget of recovery, signals measured again, ways to teach.
    assert len(project.first_run) == 4 + 2 * methods + students + seeds * (4 + 3 * students + 3)
    assert project.ran() == set()


def test_two_workers_write_what_one_after_the_other_writes(project, warm, tmp_path):
    """From an empty cache: both seeds' stages side by side."""
    spread = Project(tmp_path / "project", warm)
    spread.call("stages.work", "2")
    computed = {log.name for log in spread.trace.iterdir()} - {"stages.work-2"}
    assert computed == {log.name for log in project.trace.iterdir()}
    one, two = project.digest(), spread.digest()
    assert {name for name in one | two if one.get(name) != two.get(name)} == set()


def test_what_a_stage_opens_is_what_it_declares(project):
    """The files that Python opened while a stage ran, against its deps and outs."""
    logs = list(project.trace.iterdir())
    assert len(logs) == len(project.first_run)
    for log in logs:
        stage, *words = log.name.removeprefix("stages.").split("-")
        if words[-1:] == ["fused"]:
            stage = "prune_fused"
        known = declared(stage) + [re.sub(r"\$\{[^}]+\}", "*", out) for out in outs(stage)]
        for path in set(log.read_text().splitlines()):
            plain = re.sub(r"/?\.([^/]+)\.\d+\.partial", r"/\1", path).lstrip("/")
            if plain.startswith(("data", "models", "reports")):
                assert any(covers(k, plain) or k.startswith(f"{plain}/") for k in known), f"{log.name} opened {path}"


def outs(stage: str) -> list[str]:
    every = STAGES[stage].get("outs", []) + STAGES[stage].get("metrics", [])
    return [out if isinstance(out, str) else next(iter(out)) for out in every]


def test_the_teacher_learned_and_every_result_has_its_row(project):
    with (project.folder / "reports" / "results.csv").open() as file:
        every = list(csv.DictReader(file))
    rows = {(row["model"], row["student"]): row for row in every}
    students = ("random_forest", "best_control")
    assert len(every) == len(SEEDS) * len(rows)
    assert set(rows) == {("tfidf_linear", ""), ("teacher", "")} | {
        (model, student) for model in ("pruned", "hard_labels", "distilled") for student in students
    }
    assert float(rows["teacher", ""]["accuracy"]) > 0.5  # chance is 1/3
    for (model, _), row in rows.items():
        assert float(row["accuracy_low"]) <= float(row["accuracy"]) <= float(row["accuracy_high"])
        if model in ("pruned", "hard_labels", "distilled"):
            assert row["layers"] == "2" and float(row["ratio_parameters"]) > 0 and row["mcnemar_p"]
            assert float(row["reload_difference"]) < 1e-5
        assert bool(row["over_control"]) == (model == "distilled")
        assert bool(row["bytes"]) == (model != "tfidf_linear")


def test_the_pruned_model_scores_what_the_lattice_said(project):
    lattice = Lattice.load(project.folder / f"data/lattice/raw/{DATASET}/0.npz")
    for student in ("random_forest", "best_control"):
        record = json.loads((project.folder / f"data/metrics/{DATASET}/0/pruned_{student}.json").read_text())
        mask = sum(1 << int(layer) for layer in record["kept"].split("-"))
        assert record["accuracy"] == pytest.approx(lattice.accuracy(mask, "test"))
        assert record["nll"] == pytest.approx(lattice.loss(mask, "test"), abs=1e-5)


def test_every_saved_model_loads_with_plain_transformers(project):
    folders = [path.parent for path in (project.folder / "models").rglob("reference_logits.npy")]
    assert len(folders) == len(SEEDS) * (1 + 2 + 4)
    for folder in folders:
        AutoModelForSequenceClassification.from_pretrained(folder)


RUNNING = {"finetune", "ablate", "recover", "extract_signals", "remeasure", "compress", "distill",
           "vary_distillation", "evaluate"}  # fmt: skip
"""The stages that run a model."""

RERUNS = {
    "strategies.weight_entropy.bins": (64, {"rank@weight_entropy", "fuse", "remeasure", "report", "study"}),
    "strategies.random.draws": (11, {"rank@random", "fuse", "remeasure", "report", "study"}),
    "fusions.random_forest.trees": (11, {"fuse@random_forest", "remeasure", "report", "study"}),
    "fusions.linear_regression.rows": ("leave_one_out", {"fuse@linear_regression", "remeasure", "report", "study"}),
    "prune.fixed.keep": (0.75, {"prune", "prune_fused", "report"}),
    "students.best_control": (["top_first"], {"choose@best_control", "vary_distillation", "evaluate", "report"}),
    "distill.temperature": (4.0, {"distill", "vary_distillation"}),
    "distill.depth": ("best_accuracy", {"choose", "distill", "vary_distillation"}),
    "distillations.hidden_states.hidden_states": (2.0, {"vary_distillation", "study"}),
    "recover.sets": (2, {"recover"}),
    "budgets.brief.steps": (5, {"recover", "study"}),
    "evaluate.resamples": (300, {"evaluate", "report", "study"}),
    "ablate.max_subsets": (1024, {"ablate"}),
    "extract_signals.texts": (50, {"extract_signals", "remeasure"}),
    "finetune.weight_decay": (0.02, {"finetune"}),
    "datasets.toy.seed": (1, {"download@toy"}),
    "runtime.max_tokens": (15, RUNNING),
    "model.sha256": ("0" * 64, {"download_model"}),
    "runtime.batch_size": (32, RUNNING),
    "launcher": ("torchrun --standalone --nproc-per-node 2", {"finetune", "distill"}),
}
"""A parameter of every stage, another value, and the stages (or whole groups) that must rerun because they read it."""


def changed(project: Project, key: str, value) -> set[str]:
    """The stages that `dvc repro --dry` announces once a parameter has another value; the parameter is put back."""
    params = copy.deepcopy(project.params)
    put(params, key, value)
    project.write_params(params)
    try:
        return project.ran("--dry")
    finally:
        project.write_params(project.params)


@pytest.mark.parametrize("key", RERUNS)
def test_a_parameter_reruns_the_stages_that_read_it_and_no_other(project, key):
    value, expected = RERUNS[key]
    announced = changed(project, key, value)
    assert {name if name in expected else name.split("@")[0] for name in announced} == expected


def test_only_what_sees_other_bytes_reruns_and_going_back_restores_without_running(project):
    before = project.digest()
    params = copy.deepcopy(project.params)
    put(params, "strategies.weight_entropy.bins", 16)
    project.write_params(params)
    ran = project.ran()
    fusions = {f"fuse@{name}" for name in params["fusions"]}
    assert {"rank@weight_entropy", "report", *fusions} <= ran
    allowed = {"prune_fused", "choose", "compress", "distill", "evaluate", "report"}
    allowed |= {"remeasure", "vary_distillation", "study"}
    others = ran - fusions - {"rank@weight_entropy", "prune@weight_entropy"}
    assert {name.split("@")[0] for name in others} <= allowed
    project.write_params(project.params)
    assert project.ran() <= {"report", "study"}  # whose files git keeps: DVC's cache does not hold them
    assert project.digest() == before


def test_schedule_and_target_are_parameters_of_the_pipeline(project):
    before = project.digest()
    params = copy.deepcopy(project.params)
    for key, value in {"rank.schedule": "iterative", "fuse.target": "brief", "prune.target": "brief"}.items():
        put(params, key, value)
    project.write_params(params)
    ran = {name.split("@")[0] for name in project.ran("prune@gradient_fisher", "prune_fused@random_forest")}
    assert ran == {"remeasure", "rank", "fuse", "prune", "prune_fused"}
    recovered = Lattice.load(project.folder / f"data/lattice/brief/{DATASET}/0.npz")
    for strategy in ("gradient_fisher", "random_forest"):
        with (project.folder / f"data/prune/{strategy}/curve.csv").open() as file:
            rows = [row for row in csv.DictReader(file) if row["seed"] == "0"]
        assert [int(row["layers"]) for row in rows] == [4, 3, 2, 1]
        for row in rows:
            mask = sum(1 << int(layer) for layer in row["kept"].split("-"))
            assert float(row["test_accuracy"]) == pytest.approx(recovered.accuracy(mask, "test"))
    order = json.loads((project.folder / "data/orders/gradient_fisher.json").read_text())["runs"][f"{DATASET}/0"]
    assert len(order["remeasured"]) >= 3  # the sets of 4, 3 and 2 layers on its path, and what others reach
    project.write_params(project.params)
    project.ran()
    assert project.digest() == before


def test_running_again_writes_the_same_bytes(project, monkeypatch):
    """First in forks of a warm interpreter; now a stage of every verb in interpreters that start by themselves."""
    before = project.digest()
    monkeypatch.setattr(project, "path", COLD)
    shutil.rmtree(project.folder / ".ckpt")  # where recovered sets, statistics and students wait to be used again
    by_seed = ("finetune", "ablate", "extract_signals", "remeasure", "vary_distillation", "evaluate")
    stages = [f"{name}@{DATASET}-0" for name in by_seed]
    stages += [f"recover@{DATASET}-0-brief", f"download@{DATASET}", f"distill@{DATASET}-0-random_forest-distilled"]
    stages += [f"compress@{DATASET}-0-random_forest", "rank@mi_task_relevance", "fuse@random_forest"]
    stages += ["prune@random", "prune_fused@random_forest", "choose@random_forest"]
    stages += ["download_model", "report", "study"]
    assert {stage.split("@")[0] for stage in stages} == set(STAGES)
    assert project.ran("--force", "--single-item", *stages) == set(stages)
    after = project.digest()
    assert {name for name in before | after if before.get(name) != after.get(name)} == set()


def test_an_order_left_by_a_dropped_strategy_is_refused_not_used(project):
    stray = project.folder / "data/orders/dropped.json"
    stray.write_text("{}")
    try:
        with pytest.raises(AssertionError, match=r"dropped\.json belongs to no strategy of params\.yaml: remove"):
            project.ran("fuse@greedy")
    finally:
        stray.unlink()
