"""Work is found again exactly when code, parameters and data are the same."""

import pytest
import yaml

from slim.utils.work_cache import once, put, work_folder

DVC = {
    "stages": {
        "train": {
            "foreach": "${entries}",
            "do": {
                "cmd": "python -m stages.train ${key}",
                "deps": ["stages/train.py", "slim/methods/${item.method}.py", "data/${source}", "models/${item.from}"],
                "params": ["grid", "runtime", "entries.${key}"],
            },
        }
    }
}
PARAMS = {
    "grid": {"seeds": [0]},
    "runtime": {"threads": 1},
    "source": "raw",
    "entries": {"a": {"rate": 1, "sets": 3}, "b": {"rate": 1}},
}
ITEM = {"key": "a", "method": "half", "from": "teacher"}
READS = ["data/raw", "models/teacher/toy/0"]


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dvc.yaml").write_text(yaml.safe_dump(DVC))
    write_params()
    for name in ("stages/train.py", "slim/methods/half.py", "slim/methods/other.py", "data/raw/texts", "data/more/x",
                 "models/teacher/toy/0/weights", "models/teacher/toy/1/weights", "models/other/weights"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1")
    return tmp_path


def write_params(**changes):
    with open("params.yaml", "w") as file:
        yaml.safe_dump(PARAMS | changes, file)


def folder(**options):
    return work_folder("train", ITEM, READS, **options)


def test_the_same_declared_things_give_the_same_folder_and_others_another(project):
    before = folder()
    assert folder() == before and before.is_relative_to(".ckpt/train")
    for name in ("stages/train.py", "slim/methods/half.py", "data/raw/texts", "models/teacher/toy/0/weights"):
        (project / name).write_text("2")
        assert folder() != before, name
        (project / name).write_text("1")
    write_params(entries={"a": {"rate": 2, "sets": 3}})
    assert folder() != before
    write_params()
    assert folder() == before


def test_what_the_repetition_does_not_read_changes_nothing(project):
    before, apart = folder(), folder(apart_from=["entries.a.sets"])
    for name in ("slim/methods/other.py", "models/teacher/toy/1/weights", "data/more/x"):
        (project / name).write_text("2")
    write_params(grid={"seeds": [0, 1]}, entries={**PARAMS["entries"], "b": {"rate": 9}})
    assert folder() == before
    write_params(entries={"a": {"rate": 1, "sets": 4}})
    assert folder() != before and folder(apart_from=["entries.a.sets"]) == apart


def test_a_read_that_is_not_declared_is_refused():
    with pytest.raises(ValueError, match=r"models/other is read by train, which does not declare it in dvc\.yaml"):
        work_folder("train", ITEM, ["models/other"])


def test_a_result_is_computed_once_and_a_failure_leaves_nothing(tmp_path):
    calls = []

    def compute(path):
        calls.append(path)
        path.mkdir()
        (path / "file").write_text("done")
        if len(calls) == 1:
            raise RuntimeError

    with pytest.raises(RuntimeError):
        once(tmp_path / "work", compute)
    assert list((tmp_path / "work").iterdir()) == []
    result = once(tmp_path / "work", compute)
    assert once(tmp_path / "work", compute) == result and len(calls) == 2
    put(result, tmp_path / "models" / "a")
    assert (tmp_path / "models/a/file").read_text() == "done"
