"""What the study reads, and what its stage writes."""

import re
from types import SimpleNamespace

import pytest

import stages.study
from slim.report.study._read import read_distillations, read_runs
from slim.utils.io import write_arrays, write_json
from tests.study.planted import BUDGETS, FUSIONS, STRATEGIES, VARIANTS, lessons


@pytest.fixture
def folder(pair, tmp_path):
    """What the heavy stages would have written."""
    for run in pair:
        name = f"{run.dataset}/{run.seed}"
        run.raw.save(tmp_path / f"data/lattice/raw/{name}.npz")
        for budget in BUDGETS:
            run.recovered["long"].save(tmp_path / f"data/lattice/{budget}/{name}.npz")
        signals = {name: of["remeasured"] for name, of in run.rankings.items() if "remeasured" in of}
        write_json(signals, tmp_path / f"data/signals/iterative/{name}.json")
        write_arrays(lessons(), tmp_path / f"data/distillations/{name}.npz")
    return tmp_path


def test_runs_are_read_with_controls_that_need_no_measurement(folder, pair):
    found = read_runs(["a/0", "b/0"], BUDGETS, STRATEGIES, folder / "data")
    assert [(run.dataset, run.seed, list(run.recovered)) for run in found] == [
        ("a", 0, ["short", "long"]), ("b", 0, ["short", "long"])]  # fmt: skip
    assert found[0].rankings["gradient_fisher"] == pair[0].rankings["gradient_fisher"]
    assert len(found[0].rankings["random"]["paths"]) == 3
    assert found[0].rankings["top_first"]["paths"][0][-1] == [0]
    assert set(read_distillations(["a/0"], folder / "data")["a/0"]) == set(lessons())


def test_a_signal_that_was_not_measured_again_is_named(folder):
    with pytest.raises(ValueError, match=r"weight_magnitude was not measured again in a/0.*dvc repro"):
        read_runs(["a/0"], BUDGETS, STRATEGIES | {"weight_magnitude": {"prune_first": "low"}}, folder / "data")
    with pytest.raises(FileNotFoundError, match=r"a/9\.(npz|json)"):
        read_runs(["a/9"], BUDGETS, STRATEGIES, folder / "data")


def test_the_stage_writes_the_same_bytes_twice_and_no_word_for_missing(folder, monkeypatch):
    section = lambda content: SimpleNamespace(model_dump=lambda: content)  # noqa: E731
    monkeypatch.chdir(folder)
    monkeypatch.setattr(stages.study, "load", lambda: SimpleNamespace(
        grid=section({"datasets": ["a", "b"], "seeds": [0]}), strategies=STRATEGIES, fusions=FUSIONS,
        budgets={name: section(budget) for name, budget in BUDGETS.items()},
        distillations=VARIANTS, evaluate=SimpleNamespace(resamples=200, level=0.95),
    ))  # fmt: skip
    written = []
    for _ in range(2):
        stages.study.study()
        files = [path for path in sorted((folder / "reports").rglob("*")) if path.is_file()]
        written.append({str(path.relative_to(folder / "reports")): path.read_bytes() for path in files})
    assert written[0] == written[1]
    names = ["distillation", "noise", "recovered", "recovered_regret", "recovery_correlations", "schedules"]
    pictures = ["distillation", "noise", "recovered_regret", "recovery", "recovery_correlations", "schedules"]
    others = {f"study/figures/{name}.png" for name in pictures} | {"study/sentences.json", "study.html"}
    assert set(written[0]) == {f"study/{name}.csv" for name in names} | others
    for name in names:
        text = written[0][f"study/{name}.csv"].decode()
        assert "\r" not in text and not re.search(r"(^|,)(nan|NaN|None|<NA>)(,|$)", text, re.MULTILINE), name
