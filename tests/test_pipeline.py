"""The whole pipeline through `dvc repro`, on a pico model and 120 rows; then what reruns, and what is restored."""

import copy
import csv
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from transformers import AutoModelForSequenceClassification

from slim.modeling.manifest import read_manifest
from slim.subsets.curves import read_curves
from slim.subsets.lattice import Lattice, mask_of
from slim.utils.io import read_arrays, read_json
from tests.project import MODELS, RUNS, SEEDS, FirstRun, Project, first_run, put
from tests.test_truth import STAGES, covers, declared

PATH = f"{Path(sys.executable).parent}:{os.environ['PATH']}"


@pytest.fixture(scope="module")
def first(tmp_path_factory) -> FirstRun:
    return first_run(tmp_path_factory)


@pytest.fixture(scope="module")
def project(first) -> Project:
    return first.project


def test_every_stage_ran_and_a_second_repro_runs_none(first, project):
    assert {name.split("@")[0] for name in first.stages} == set(STAGES) - {"benchmark"}
    methods = len(project.params["strategies"]) + len(project.params["fusions"])
    # Once: model, dataset, choose, evaluate, report, ship, study. A seed: teacher, lattice, statistics, one budget of
    # recovery, signals measured again. A recipe: one.
    assert len(first.stages) == 7 + methods + 5 * len(SEEDS) + len(MODELS) - 1
    assert project.ran() == set()


def test_what_a_stage_opens_is_what_it_declares(project):
    """The files that Python opened while a stage ran, against its deps and outs."""
    for log in project.trace.iterdir():
        stage = log.name.removeprefix("stages.").split("-")[0]
        known = declared(stage) + [re.sub(r"\$\{[^}]+\}", "*", out) for out in outs(stage)]
        for path in set(log.read_text().splitlines()):
            plain = re.sub(r"/?\.([^/]+)\.\d+\.partial", r"/\1", path).lstrip("/")
            if plain.startswith(("data", "models", "reports", "shipped")):
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
        assert int(row["bytes"]) > 0 and float(row["ratio"]) > 0 and float(row["reload_difference"]) < 1e-5
        if recipe in MODELS:
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


def test_what_is_shipped_is_the_best_seed_of_the_recipe_with_its_card(project):
    shipped, records = project.folder / "shipped/toy", {}
    for run in RUNS:
        records[run] = read_json(project.folder / f"data/metrics/{run}.json")["small"]["validation_accuracy"]
    best = project.folder / "models/small" / max(records, key=records.get)
    files = {path.name for path in shipped.iterdir()}
    assert files == {path.name for path in best.iterdir()} | {"README.md"}
    assert all((shipped / name).read_bytes() == (best / name).read_bytes() for name in files - {"README.md"})
    assert "# small of toy" in (shipped / "README.md").read_text()


def test_a_registered_version_of_the_artifact_is_fetched_from_anywhere(project, tmp_path):
    clone, store, got = tmp_path / "clone", tmp_path / "store", tmp_path / "got"
    shutil.copytree(project.folder, clone, symlinks=True, ignore=shutil.ignore_patterns(".ckpt", "runs"))
    for words in (
        "git add -f dvc.yaml dvc.lock .dvc/config params.yaml",
        "git -c user.name=a -c user.email=a@b commit -qm run",
        f"dvc remote add -d store {store}",
        "git add -f .dvc/config",
        "git -c user.name=a -c user.email=a@b commit -qm remote",
        "dvc push -q shipped",
        "git -c user.name=a -c user.email=a@b tag -a small@v0.1.0 -m version",
        f"dvc artifacts get -q {clone} small -o {got}",
    ):
        subprocess.run(words.split(), cwd=clone, check=True, capture_output=True, env=os.environ | {"PATH": PATH})
    assert (got / "toy/README.md").read_bytes() == (project.folder / "shipped/toy/README.md").read_bytes()


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
    "ship.recipe": ("half", {"report", "ship"}),
    "compress.small.method": ("identity", {"compress@small", "evaluate", "report"}),
    "baselines.tfidf_linear_svm.C": (2.0, {"evaluate", "report"}),
    "recover.sets": (1, {"recover"}),
    "budgets.brief.steps": (5, {"recover", "study"}),
    "evaluate.resamples": (300, {"evaluate", "report"}),
    "ablate.max_subsets": (1024, {"ablate"}),
    "extract_signals.texts": (50, {"extract_signals", "remeasure"}),
    "finetune.weight_decay": (0.02, {"finetune"}),
    "datasets.toy.seed": (1, {"download_model", "download@toy", "finetune"}),
    "runtime.batch_size": (32, RUNNING | {"fuse", "choose", "study"}),  # which run one for deep models alone
    "datasets.toy.finetune": ({"max_tokens": 15}, {"download_model", "download@toy", "finetune"}),
    "finetune.max_tokens": (15, {"download_model", "finetune"}),
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
    assert project.ran() == {"distill@half_distilled", "compress@small", "compress@copy", "evaluate", "report", "ship"}
    assert len(measured(project) - kept) == 3 * len(SEEDS)  # the two that changed, and the new one
    changed = {name for name, content in project.digest().items() if before.get(name) != content}
    models = {Path(name).parts[1] for name in changed if name.startswith("models/")}
    assert models == {"half_distilled", "small", "copy"}
    shutil.rmtree(project.folder / "models/copy")
    project.write_params(project.params)
    assert project.ran() <= {"report", "ship", "study"}  # whose files git keeps: DVC's cache does not hold them
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
