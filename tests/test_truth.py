"""dvc.yaml tells the truth: every file and parameter that a stage reads is declared, and nothing else is."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from slim.config import load
from slim.utils.registry import names
from tests.imports import ROOT, closure

STAGES: dict[str, dict[str, Any]] = {
    name: stage.get("do", stage) for name, stage in yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"].items()
}
METHODS_OF = {
    "rank": ["ranking/signals"],
    "fuse": ["ranking/fusions"],
    "download": ["download/datasets"],
    "download_model": ["download/encoders"],
    "remeasure": ["ranking/signals", "ranking/fusions"],
    "prune": ["compression/compressors"],
    "distill": ["compression/compressors", "training/losses"],
    "compress": ["compression/compressors"],
    "evaluate": ["evaluation/baselines"],
    "study": ["ranking/signals", "ranking/fusions"],
    "report": ["ranking/signals", "ranking/fusions"],
}
"""Folders in which a stage finds methods by their names, which no import statement shows."""
TRAINING = {"distill"}
"""Stages that may train; a compressor that trains is an entry of these."""


def script(stage: str) -> Path:
    return Path(*re.match(r"(?:python|\$\{launcher\}) -m (\S+)", STAGES[stage]["cmd"])[1].split(".")).with_suffix(
        ".py"
    )


def code(stage: str, at_once: bool = False) -> set[Path]:
    """Every file of ours that a stage can run or, `at_once`, that its start imports."""
    files = closure(script(stage), at_once)
    for folder in METHODS_OF.get(stage, []):
        for name in names(folder):
            own = closure(Path("slim", folder, f"{name}.py"), at_once)
            if not trains(own) or stage in TRAINING or folder != "compression/compressors":
                files |= own
    return files


def trains(files: set[Path]) -> bool:
    return Path("slim/training/trainer.py") in files


def declared(stage: str) -> list[str]:
    return [re.sub(r"\$\{[^}]+\}", "*", dep) for dep in STAGES[stage]["deps"]]


def covers(dependency: str, file: str) -> bool:
    """Whether a dependency (a file, a folder, or a template with *) is or holds a file."""
    return re.fullmatch(re.escape(dependency).replace(r"\*", "[^/]+") + "(/.*)?", file) is not None


@pytest.mark.parametrize("stage", STAGES)
def test_every_file_that_runs_is_a_declared_dependency(stage):
    missing = {str(file) for file in code(stage) if not any(covers(dep, str(file)) for dep in declared(stage))}
    assert not missing


ITEMS = {"rank": "item.strategy", "fuse": "item.fusion", "prune": "item.method", "distill": "item.method",
         "compress": "item.method"}  # fmt: skip


@pytest.mark.parametrize("stage", ITEMS)
def test_a_method_runs_no_other_method(stage):
    """Since the item's own file is the only one of its folder that the template names."""
    folder = METHODS_OF[stage][0]
    for name in names(folder):
        known = [dep.replace(f"${{{ITEMS[stage]}}}", name) for dep in STAGES[stage]["deps"]]
        own = closure(Path("slim", folder, f"{name}.py"))
        if not trains(own) or stage in TRAINING or folder != "compression/compressors":
            assert {str(file) for file in own if not any(covers(dep, str(file)) for dep in known)} == set(), name


def test_a_stage_that_does_not_train_does_not_depend_on_the_trainer():
    training = {
        stage
        for stage in STAGES
        if any(covers(dep, "slim/training/trainer.py") for dep in declared(stage) if dep != "*")
    }
    assert training == {"finetune", "recover", "distill"}


@pytest.mark.parametrize("stage", STAGES)
def test_no_file_is_declared_that_does_not_run(stage):
    ours = [dep for dep in declared(stage) if dep.startswith(("slim", "stages")) and not dep.endswith(".j2")]
    needless = {dep for dep in ours if not any(covers(dep, str(file)) for file in code(stage))}
    assert not needless


def test_a_planted_omission_would_be_found():
    assert Path("slim/modeling/transformer.py") in code("finetune") and Path(
        "slim/ranking/mutual_information.py"
    ) in code("rank")


def used_params(stage: str) -> set[str]:
    """The dotted keys of params.yaml that a stage's script touches, as far down as it names them."""
    tree = ast.parse((ROOT / script(stage)).read_text())
    aliases = {"params": ""}
    for node in ast.walk(tree):  # `wanted = params.distill`, `model = load().model`
        if isinstance(node, ast.Assign):
            targets = node.targets[0].elts if isinstance(node.targets[0], ast.Tuple) else node.targets
            values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
            for target, value in zip(targets, values, strict=False):
                if (key := dotted(value, aliases)) and isinstance(target, ast.Name):
                    aliases[target.id] = key
    found = {key for node in ast.walk(tree) if (key := dotted(node, aliases))}
    return {key for key in found if not any(other.startswith(f"{key}.") for other in found)}


def dotted(node: ast.AST, aliases: dict[str, str]) -> str | None:
    """`params.model.max_tokens` -> model.max_tokens; None for what is no parameter."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.insert(0, node.attr)
        node = node.value
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "load":
        return ".".join(parts) or None
    if isinstance(node, ast.Name) and node.id in aliases:
        return ".".join(filter(None, [aliases[node.id], *parts])) or None
    return None


@pytest.mark.parametrize("stage", STAGES)
def test_every_parameter_that_is_read_is_declared(stage):
    known = {re.sub(r"\.\$\{[^}]+\}", "", key) for key in STAGES[stage]["params"]}
    methods = r"\.(model_dump|schedule|items|keys|values)$"
    read = {re.sub(methods, "", key) for key in used_params(stage)}
    undeclared = {key for key in read if not any(key == k or key.startswith(f"{k}.") for k in known)}
    assert not undeclared
    assert not {k for k in known if not any(f"{key}.".startswith(f"{k}.") or k.startswith(f"{key}.") for key in read)}


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage not in ("report", "study")])
def test_every_path_in_a_script_is_a_dependency_or_an_output(stage):
    tree = ast.parse((ROOT / script(stage)).read_text())
    outs = [next(iter(out)) if isinstance(out, dict) else out for out in STAGES[stage].get("outs", [])]
    known = declared(stage) + [re.sub(r"\$\{[^}]+\}", "*", out) for out in outs]
    here = r"\*"  # one f-string field may stand for several parts, as `here` in evaluate does
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            path = "".join(part.value if isinstance(part, ast.Constant) else "*" for part in node.values)
            if path.startswith(("data/", "models/")):
                pattern = re.escape(path).replace(here, ".+")
                assert any(re.fullmatch(f"{pattern}(/.*)?", k) or covers(k, path) for k in known), path


def test_the_artifact_is_what_is_shipped():
    artifacts = yaml.safe_load((ROOT / "dvc.yaml").read_text())["artifacts"]
    assert [artifact["path"] for artifact in artifacts.values()] == STAGES["ship"]["outs"]


def test_every_strategy_has_its_file_and_every_file_its_strategy():
    params = load(ROOT / "params.yaml")
    assert set(params.strategies) == set(names("ranking/signals"))
    assert set(params.fusions) == set(names("ranking/fusions"))


def test_the_strategies_are_named_as_in_the_specification():
    expected = """
        activation_inhibition activation_intensity activation_energy mi_task_relevance
        mi_prediction_relevance gradient_magnitude gradient_fisher weight_magnitude weight_sparsity weight_entropy
        attention_weight attention_entropy random every_other top_first greedy oracle linear_regression ridge
        random_forest gradient_boosting mean_rank"""
    params = load(ROOT / "params.yaml")
    assert set(expected.split()) <= set(params.strategies) | set(params.fusions)


def test_light_stages_import_no_torch():
    """Unless a deep model lacks a subset, which is then measured."""
    heavy = {"torch", "transformers", "pandas", "sklearn"}
    for stage in ("rank", "fuse", "choose"):
        for file in code(stage, at_once=True):
            top = [n for n in ast.parse((ROOT / file).read_text()).body if isinstance(n, ast.Import | ast.ImportFrom)]
            imported = {a.name.split(".")[0] for n in top for a in n.names} | {
                (n.module or "").split(".")[0] for n in top if isinstance(n, ast.ImportFrom)
            }
            assert not imported & heavy, file


def test_stage_scripts_are_paragraphs_and_imports_run_one_way():
    for file in (ROOT / "stages").glob("*.py"):
        assert len(file.read_text().splitlines()) <= 45, file
    for file in (ROOT / "slim").rglob("*.py"):
        text = file.read_text()
        assert "from stages" not in text and "import stages" not in text, file
        assert "slim.config" not in text or file.parent.name == "config", file
