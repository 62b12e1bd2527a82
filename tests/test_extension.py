"""A method of every kind is one new file and one new entry of params.yaml: `dvc repro` runs it, and tables name it."""

import csv
import subprocess

import pytest

from slim.utils.io import read_json
from tests.project import Project

FILES = {
    "slim/ranking/signals/my_signal.py": '''
import numpy as np

from slim.ranking.layer_statistics import LayerStatistics


def my_signal(statistics: LayerStatistics) -> np.ndarray:
    """The largest weight of a layer."""
    return np.array([float(np.abs(weights).max()) for weights in statistics.weights])
''',
    "slim/ranking/fusions/my_fusion.py": '''
from slim.ranking.fusion_input import FusionInput
from slim.ranking.fusion import FusionResult, removal_path


def my_fusion(inputs: FusionInput) -> FusionResult:
    """Layers in the order of the sum of their signals."""
    path, scores = removal_path(inputs, lambda signals: signals.sum(axis=1))
    return FusionResult(path=path, scores=scores.tolist())
''',
    "slim/training/losses/my_loss.py": '''
from torch import Tensor

from slim.training.outputs import Outputs


def my_loss(student: Outputs, teacher: Outputs) -> Tensor:
    """Mean squared difference of the logits."""
    return (student.logits - teacher.logits).square().mean()
''',
    "slim/compression/compressors/my_compressor.py": '''
def my_compressor(model: "Classifier", context: "Context", *, factor: float = 0.5) -> "Classifier":
    """The model with a smaller bias of its head."""
    import copy

    smaller = copy.deepcopy(model.model)
    smaller.classifier.bias.data *= factor
    return model.with_model(smaller)
''',
    "slim/download/datasets/my_source.py": '''
from slim.utils.option_types import Count


def my_source(*, path: str, rows: Count = 60) -> "Tables":
    """Texts of a colour each."""
    from pandas import DataFrame

    from slim.download.tables import Tables

    def split(first: int) -> DataFrame:
        texts = [f"word{i % 2} word{2 + i % 50} word{first}" for i in range(rows)]
        return DataFrame({"text": texts, "label": [i % 2 for i in range(rows)]})

    splits = {"train": split(53), "validation": split(54), "test": split(55)}
    return Tables(splits, labels=["red", "blue"], origin="made up", licence="CC0")
''',
    "slim/evaluation/baselines/my_baseline.py": '''
import numpy as np

from slim.modeling.manifest import write_manifest
from slim.utils.io import read_arrays, write_arrays


class Frequencies:
    def __init__(self, logs: np.ndarray) -> None:
        self.logs = logs

    def logits(self, inputs: "Sequence[Input]") -> np.ndarray:
        return np.tile(self.logs, (len(inputs), 1))

    def save(self, folder: "Path") -> None:
        write_arrays({"logs": self.logs}, folder / "model.npz")
        write_manifest(folder, "my_baseline")

    @classmethod
    def load(cls, folder: "Path") -> "Frequencies":
        return cls(read_arrays(folder / "model.npz")["logs"])


def my_baseline(data: "TrainingData") -> Frequencies:
    """The classes' frequencies, whatever the input."""
    return Frequencies(np.log(np.bincount(data.train.labels) / len(data.train.labels)))
''',
}
ENTRIES = {
    "strategies": {"my_signal": {"prune_first": "low"}},
    "fusions": {"my_fusion": {}},
    "distill": {"with_my_loss": {"from": "teacher", "method": "distill", "losses": {"my_loss": 1.0}}},
    "compress": {"with_my_compressor": {"from": "teacher", "method": "my_compressor", "factor": 0.25}},
    "datasets": {"my_dataset": {"source": "my_source", "path": "table", "rows": 40}},
    "baselines": {"my_baseline": {"method": "my_baseline"}},
}
RUN = "my_dataset/0"


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    """After `dvc repro report` on the new dataset, with the new methods and no others."""
    project = Project(tmp_path_factory.mktemp("extension") / "project")
    others = {"grid": {"datasets": ["my_dataset"], "seeds": [0]}, "budgets": {}, "prune": {}}
    others["ship"] = {"recipe": "teacher"}
    project.params |= others | {"finetune": {**project.params["finetune"], "epochs": 2}}
    for command in (["add", "-A"], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "before"]):
        subprocess.run(["git", *command], cwd=project.folder, check=True)
    for name, text in FILES.items():
        (project.folder / name).write_text(text)
    project.write_params(project.params | ENTRIES)
    project.stages = project.ran("report")
    return project


def test_each_is_one_file_and_one_entry(project):
    command = ["git", "status", "--porcelain", "--untracked-files=all"]
    status = subprocess.run(command, cwd=project.folder, check=True, capture_output=True, text=True).stdout
    changed = {line[3:] for line in status.splitlines()}
    written = {name for name in changed if name == "dvc.lock" or name.startswith(("reports/", ".dvc/"))}
    assert changed - written == {*FILES, "params.yaml"}


def test_each_has_its_stage(project):
    expected = {
        "download@my_dataset",
        "finetune@my_dataset-0",
        "rank@my_signal",
        "fuse@my_fusion",
        "distill@with_my_loss",
        "compress@with_my_compressor",
        "evaluate",
    }
    assert expected <= project.stages


def test_each_has_its_rows(project):
    for name in ("my_signal", "my_fusion"):
        with (project.folder / f"data/curves/{name}.csv").open() as file:
            assert [row["layers"] for row in csv.DictReader(file)] == ["4", "3", "2", "1"]
    recipes = {"teacher", "with_my_loss", "with_my_compressor", "my_baseline"}
    records = read_json(project.folder / f"data/metrics/{RUN}.json")
    assert set(records) == recipes
    with (project.folder / "reports/results.csv").open() as file:
        rows = {row["recipe"]: row for row in csv.DictReader(file)}
    assert set(rows) == recipes and {row["dataset"] for row in rows.values()} == {"my_dataset"}
    assert float(rows["my_baseline"]["accuracy"]) == 0.5
    assert 0 < int(rows["my_baseline"]["bytes"]) < 1000 and rows["my_baseline"]["parameters"] == ""
