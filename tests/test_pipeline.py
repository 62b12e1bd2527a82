"""The whole pipeline through `dvc repro`, on a pico model and 120 rows; then what reruns, and what is restored."""

import contextlib
import copy
import csv
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from dvc.repo import Repo
from transformers import AutoModelForSequenceClassification

from slim.modeling.manifest import read_manifest
from slim.subsets.curves import read_curves
from slim.subsets.lattice import Lattice, mask_of
from slim.utils.io import read_arrays, read_json
from tests import pico
from tests.imports import ROOT
from tests.test_truth import STAGES, covers, declared

DATASET, SEEDS = "toy", [0, 1]
RUNS = [f"{DATASET}/{seed}" for seed in SEEDS]
SIGNALS = {name: {"prune_first": "low"} for name in ("weight_entropy", "activation_energy", "gradient_fisher")}
OVERRIDES = {
    "grid": {"datasets": [DATASET], "seeds": SEEDS},
    "runtime": {"threads": 1, "precision": "fp32", "max_tokens": 16},
    "model": {"source": "folder", "path": "pico"},
    "datasets": {DATASET: {"source": "files", "path": "table", "validation_fraction": 0.2}},
    "finetune": {"learning_rate": 3e-3, "epochs": 30, "batch_size": 8},
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
MODELS = ("teacher", "half", "half_greedy", "half_distilled", "half_finetuned", "small")


class Project:
    """A copy of this repository with a pico model and a small table in it."""

    def __init__(self, folder: Path):
        self.folder = folder
        for name in ("slim", "stages", ".dvc", "dvc.yaml", ".dvcignore", ".gitignore"):
            source = ROOT / name
            if source.is_dir():
                ignored = shutil.ignore_patterns("__pycache__", "cache", "tmp", "config.local")
                shutil.copytree(source, folder / name, ignore=ignored)
            else:
                shutil.copy(source, folder / name)
        self.trace = folder.parent / f"{folder.name}-trace"
        self.trace.mkdir()
        self.params = yaml.safe_load((ROOT / "params.yaml").read_text()) | copy.deepcopy(OVERRIDES)
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
        environment = os.environ | {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT / "tests" / "trace"),
            "TRACE": str(self.trace),
            "OMP_NUM_THREADS": "1",
            "DVC_NO_ANALYTICS": "1",
        }
        done = subprocess.run(
            ["python", "-m", *words], cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        return done.stdout

    def ran(self, *words: str) -> set[str]:
        """The stages that `dvc repro` runs."""
        return set(re.findall(r"Running stage '([^']+)'", self.call("dvc", "repro", *words)))

    def changed(self, key: str, value) -> set[str]:
        """The stages that are out of date themselves once a parameter has another value; it is put back."""
        params = copy.deepcopy(self.params)
        put(params, key, value)
        self.write_params(params)
        try:
            with contextlib.chdir(self.folder), Repo() as repo:
                return set(repo.status())
        finally:
            self.write_params(self.params)

    def digest(self) -> dict[str, bytes]:
        """Every file that the stages wrote."""
        files = (f for part in ("data", "models", "reports") for f in (self.folder / part).rglob("*") if f.is_file())
        return {str(file.relative_to(self.folder)): file.read_bytes() for file in files}


def put(content: dict, key: str, value) -> None:
    """Set a dotted key; None removes it."""
    *way, last = key.split(".")
    for part in way:
        content = content.setdefault(part, {})
    if value is None:
        del content[last]
    else:
        content[last] = value


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    """The project after one `dvc repro`."""
    made = Project(tmp_path_factory.mktemp("pipeline") / "project")
    made.first_run = made.ran()
    return made


def test_every_stage_ran_and_a_second_repro_runs_none(project):
    assert {name.split("@")[0] for name in project.first_run} == set(STAGES)
    methods = len(project.params["strategies"]) + len(project.params["fusions"])
    # Once: model, dataset, choose, evaluate, report, study. A seed: teacher, lattice, statistics, one budget of
    # recovery, signals measured again. A recipe: one.
    assert len(project.first_run) == 6 + methods + 5 * len(SEEDS) + len(MODELS) - 1
    assert project.ran() == set()


def test_two_workers_from_an_empty_cache_write_the_same_bytes(project, tmp_path):
    """Stages and, of stages that loop over seeds, seeds side by side."""
    spread = Project(tmp_path / "project")
    spread.call("stages.work", "2")
    entries = [f"{stage}-{name}" for stage in ("prune", "distill", "compress") for name in project.params[stage]]
    seeds_apart = {f"stages.{part}-{DATASET}-{seed}" for part in ("evaluate", *entries) for seed in SEEDS}
    started = {log.name for log in spread.trace.iterdir()} - {"stages.work-2"}
    assert started == {log.name for log in project.trace.iterdir()} | seeds_apart
    one, two = project.digest(), spread.digest()
    assert {name for name in one | two if one.get(name) != two.get(name)} == set()


def test_what_a_stage_opens_is_what_it_declares(project):
    """The files that Python opened while a stage ran, against its deps and outs."""
    for log in project.trace.iterdir():
        stage = log.name.removeprefix("stages.").split("-")[0]
        known = declared(stage) + [re.sub(r"\$\{[^}]+\}", "*", out) for out in outs(stage)]
        for path in set(log.read_text().splitlines()):
            plain = re.sub(r"/?\.([^/]+)\.\d+\.partial", r"/\1", path).lstrip("/")
            if plain.startswith(("data", "models", "reports")):
                assert any(covers(k, plain) or k.startswith(f"{plain}/") for k in known), f"{log.name} opened {path}"


def outs(stage: str) -> list[str]:
    every = STAGES[stage].get("outs", []) + STAGES[stage].get("metrics", [])
    return [out if isinstance(out, str) else next(iter(out)) for out in every]


def test_the_teacher_learned_and_every_recipe_has_its_row(project):
    with (project.folder / "reports" / "results.csv").open() as file:
        rows = {(row["recipe"], int(row["seed"])): row for row in csv.DictReader(file)}
    assert set(rows) == {(recipe, seed) for recipe in (*MODELS, "tfidf_linear_svm") for seed in SEEDS}
    for (recipe, _), row in rows.items():
        assert float(row["accuracy_low"]) <= float(row["accuracy"]) <= float(row["accuracy_high"])
        assert bool(row["bytes"]) == (recipe != "tfidf_linear_svm")
        if recipe in MODELS:
            assert float(row["reload_difference"]) < 1e-5 and float(row["ratio"]) > 0
            assert int(row["layers"]) == (4 if recipe == "teacher" else 2)
    assert all(float(rows["teacher", seed]["accuracy"]) > 0.5 for seed in SEEDS)  # chance is 1/3
    assert int(rows["small", 0]["bytes"]) < int(rows["half_distilled", 0]["bytes"])


def test_the_pruned_model_scores_what_the_lattice_says(project):
    for run in RUNS:
        lattice = Lattice.load(project.folder / f"data/lattice/raw/{run}.npz")
        records = read_json(project.folder / f"data/metrics/{run}.json")
        for recipe in ("half", "half_greedy"):
            mask = mask_of([int(layer) for layer in records[recipe]["kept"].split("-")])
            assert records[recipe]["accuracy"] == pytest.approx(lattice.accuracy(mask, "test"))
            assert records[recipe]["nll"] == pytest.approx(lattice.loss(mask, "test"), abs=1e-5)


def test_predictions_are_kept_beside_the_metrics(project):
    for run in RUNS:
        arrays = read_arrays(project.folder / f"data/predictions/{run}.npz")
        records = read_json(project.folder / f"data/metrics/{run}.json")
        assert set(arrays) == {"labels", *records}
        for recipe, record in records.items():
            assert (arrays[recipe] == arrays["labels"]).mean() == pytest.approx(record["accuracy"])


def test_every_saved_model_loads_with_plain_transformers_and_knows_its_history(project):
    for recipe in MODELS:
        for run in RUNS:
            folder = project.folder / "models" / recipe / run
            AutoModelForSequenceClassification.from_pretrained(folder)
    steps = [step["recipe"] for step in read_manifest(project.folder / "models/small" / RUNS[0])["steps"]]
    assert steps == ["teacher", "half", "half_distilled", "small"]


RUNNING = {"finetune", "ablate", "recover", "extract_signals", "remeasure", "prune", "distill", "compress", "evaluate"}
"""The stages that run a model."""

RERUNS = {
    "strategies.weight_entropy.bins": (64, {"rank@weight_entropy", "fuse", "choose", "remeasure", "report", "study"}),
    "strategies.random.draws": (3, {"rank@random", "fuse", "choose", "remeasure", "report", "study"}),
    "fusions.random_forest.n_estimators": (11, {"fuse@random_forest", "choose", "remeasure", "report", "study"}),
    "choose.target": ("brief", {"choose"}),
    "prune.half.keep": (0.75, {"prune@half", "choose", "evaluate", "report"}),
    "distillation.temperature": (4.0, {"distill"}),
    "distill.half_distilled.alpha": (0.9, {"distill@half_distilled", "evaluate", "report"}),
    "compress.small.method": ("identity", {"compress@small", "evaluate", "report"}),
    "baselines.tfidf_linear_svm.C": (2.0, {"evaluate", "report"}),
    "recover.sets": (1, {"recover"}),
    "budgets.brief.steps": (5, {"recover", "study"}),
    "evaluate.resamples": (300, {"evaluate", "report"}),
    "ablate.max_subsets": (1024, {"ablate"}),
    "extract_signals.texts": (50, {"extract_signals", "remeasure"}),
    "finetune.weight_decay": (0.02, {"finetune"}),
    "datasets.toy.seed": (1, {"download@toy"}),
    "runtime.max_tokens": (15, RUNNING | {"fuse", "choose", "study"}),  # which run one for deep models alone
    "model.sha256": ("0" * 64, {"download_model"}),
    "launcher": ("torchrun --standalone --nproc-per-node 2", {"finetune", "distill"}),
}
"""A parameter of every stage, another value, and the stages (or whole groups) that must rerun because they read it."""


@pytest.mark.parametrize("key", RERUNS)
def test_a_parameter_makes_the_stages_that_read_it_out_of_date_and_no_other(project, key):
    value, expected = RERUNS[key]
    changed = project.changed(key, value)
    assert {name if name in expected else name.split("@")[0] for name in changed} == expected


def test_entries_rerun_themselves_and_their_descendants_and_going_back_restores_them(project):
    """A changed entry, and a new one that shares a beginning; what was trained and measured before is not again."""
    before, kept = project.digest(), measured(project)
    params = copy.deepcopy(project.params)
    params["distill"]["half_distilled"]["temperature"] = 8.0
    params["compress"]["copy"] = {"from": "half", "method": "identity"}
    project.write_params(params)
    assert project.ran() == {"distill@half_distilled", "compress@small", "compress@copy", "evaluate", "report"}
    assert len(measured(project) - kept) == 3 * len(SEEDS)  # the two that changed, and the new one
    changed = {name for name, content in project.digest().items() if before.get(name) != content}
    models = {Path(name).parts[1] for name in changed if name.startswith("models/")}
    assert models == {"half_distilled", "small", "copy"}
    shutil.rmtree(project.folder / "models/copy")
    project.write_params(project.params)
    assert project.ran() <= {"report", "study"}  # whose files git keeps: DVC's cache does not hold them
    assert project.digest() == before


def measured(project: Project) -> set[str]:
    """The measurements in the work cache."""
    return {folder.name for folder in (project.folder / ".ckpt/evaluate").iterdir()}


def test_the_iterative_schedule_and_a_recovered_target_are_parameters(project):
    before = project.digest()
    params = copy.deepcopy(project.params)
    for key, value in {"rank.schedule": "iterative", "fuse.target": "brief"}.items():
        put(params, key, value)
    project.write_params(params)
    ran = {name.split("@")[0] for name in project.ran("rank@gradient_fisher", "fuse@random_forest")}
    assert ran == {"remeasure", "rank", "fuse"}
    order = json.loads((project.folder / "data/orders/gradient_fisher.json").read_text())["runs"][RUNS[0]]
    assert len(order["remeasured"]) >= 3  # the sets of 4, 3 and 2 layers on its path, and what others reach
    project.write_params(project.params)
    project.ran()
    assert project.digest() == before


def test_curves_hold_what_the_lattice_says(project):
    lattice = Lattice.load(project.folder / f"data/lattice/raw/{RUNS[0]}.npz")
    for strategy in (*project.params["strategies"], *project.params["fusions"]):
        rows = read_curves(project.folder / f"data/curves/{strategy}.csv")[RUNS[0]]
        assert [row["layers"] for row in rows if row["draw"] == 0] == [4, 3, 2, 1]
        for row in rows:
            mask = mask_of([int(layer) for layer in row["kept"].split("-")])
            assert row["test_accuracy"] == pytest.approx(lattice.accuracy(mask, "test"))


def test_an_order_left_by_a_dropped_strategy_is_refused_not_used(project):
    stray = project.folder / "data/orders/dropped.json"
    stray.write_text("{}")
    try:
        with pytest.raises(AssertionError, match=r"dropped\.json belongs to no strategy of params\.yaml: remove"):
            project.ran("fuse@greedy")
    finally:
        stray.unlink()
