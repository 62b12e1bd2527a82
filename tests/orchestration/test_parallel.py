"""Stages side by side give what one after the other gives, stop at the first failure, and are never computed twice."""

import ast
import os
import signal
import time
from pathlib import Path
from threading import Thread

import pytest
import yaml
from distributed import LocalCluster

from slim.config.recipes import STAGES as RECIPES
from slim.orchestration import dvc_graph
from slim.orchestration.parallel import local_client, plan_tasks, repro
from stages.work import work
from tests.imports import ROOT
from tests.toy import PARTS, RANKED, RUNS, STAGES, Toy

NEEDED = {"top", *(f"rank@{name}" for name in RANKED), "gather"}
"""What `gather` needs."""


@pytest.fixture(scope="module")
def serial(tmp_path_factory) -> Toy:
    toy = Toy(tmp_path_factory.mktemp("serial") / "toy")
    with toy.repo() as repo:
        repo.reproduce()
    return toy


@pytest.fixture(scope="module")
def spread(tmp_path_factory) -> Toy:
    """The same by two workers, first one target, then the rest."""
    toy = Toy(tmp_path_factory.mktemp("spread") / "toy")
    toy.work("gather")
    assert set(toy.ran()) == NEEDED
    toy.work()
    return toy


def test_two_workers_write_what_one_after_the_other_writes(serial, spread):
    assert spread.outs() == serial.outs()
    locks = [yaml.safe_load((toy.folder / "dvc.lock").read_text()) for toy in (serial, spread)]
    assert locks[0] == locks[1]
    assert sorted(spread.ran()) == sorted([*STAGES, *PARTS])
    with spread.repo() as repo:
        assert repo.status() == {}


def test_no_stage_starts_before_those_it_reads_from(spread):
    place = {name: i for i, name in enumerate(spread.ran())}
    assert all(place["top"] < place[f"rank@{name}"] < place["gather"] for name in RANKED)
    assert all(place["gather"] < place[part] < place["prune@half"] for part in PARTS)
    assert place["gather"] < place["leaf"]


def test_parts_are_computed_by_tasks_of_their_own(spread):
    logs = {path.stem for path in (spread.folder / ".dvc/tmp/workers").iterdir()}
    assert logs == {"top", "rank-1", "rank-2", "gather", "leaf", "prune@half", *PARTS}


def test_a_second_run_runs_nothing(spread):
    before = spread.ran()
    spread.work()
    assert spread.ran() == before


def test_the_first_failure_ends_the_run_in_one_line_and_the_next_run_goes_on(tmp_path):
    toy = Toy(tmp_path / "toy")
    toy.write(slow=True)
    with pytest.raises(ValueError, match=rf"^{PARTS[1]} failed, the others were ended: read .*\.log$") as failure:
        toy.work(BROKEN="x/1")
    assert "no such luck" in Path(str(failure.value).split(": read ")[1]).read_text()
    assert set(toy.ran()) >= NEEDED and not {"leaf", "prune@half", PARTS[1]} & set(toy.ran())
    toy.write()
    toy.work()
    assert sorted(toy.ran()) == sorted([*STAGES, *PARTS])  # what was done before is not done again


def test_quick_stages_are_dealt_out_to_the_workers():
    needs = {"a": [], **{f"rank@{i}": ["a", "done before"] for i in range(5)}, "b": [f"rank@{i}" for i in range(5)]}
    tasks = plan_tasks(needs, 2)
    assert {name: task.stages for name, task in tasks.items()} == {
        "a": ["a"], "rank-1": ["rank@0", "rank@2", "rank@4"], "rank-2": ["rank@1", "rank@3"], "b": ["b"],
    }  # fmt: skip
    assert tasks["rank-1"].after == {"a"} and tasks["b"].after == {"rank-1", "rank-2"}


def test_parts_are_started_by_the_launcher_where_the_stage_trains():
    launcher = "torchrun --nproc-per-node 2"
    tasks = plan_tasks({"prune@half": [], "distill@half": ["prune@half"], "evaluate": []}, 2, RUNS, launcher)
    words = {name: " ".join(task.parts[f"{name}-x-1"]) for name, task in tasks.items()}
    assert words == {
        "prune@half": "python -m stages.prune half x 1",
        "distill@half": f"{launcher} -m stages.distill half x 1",
        "evaluate": "python -m stages.evaluate x 1",
    }
    assert not any(task.parts for task in plan_tasks({"prune@half": []}, 2, RUNS[:1]).values())


def test_stages_that_loop_are_those_that_take_a_run_or_none():
    def rest(stage: str) -> bool:
        tree = ast.parse((ROOT / f"stages/{stage}.py").read_text())
        functions = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == stage]
        return any(function.args.vararg for function in functions)

    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
    assert {stage for stage in stages if rest(stage)} == set(dvc_graph.LOOPING)
    assert dvc_graph.RECIPES == RECIPES and set(dvc_graph.QUICK) < set(stages)


def test_more_threads_than_cores_are_refused():
    cores = len(os.sched_getaffinity(0))
    with pytest.raises(ValueError, match=f"want {cores + 1} cores of {cores}"):
        repro([], cores + 1, 1)


def test_a_machine_that_slept_keeps_its_workers():
    """Else the scheduler takes them for dead when none was heard for five minutes, and the run waits for ever."""
    with local_client(1) as client:
        assert "worker-ttl" not in client.cluster.scheduler.periodic_callbacks
        assert client.submit(sum, [1, 2]).result(timeout=10) == 3
    with LocalCluster(n_workers=1, processes=False, dashboard_address=None) as plain:
        assert "worker-ttl" in plain.scheduler.periodic_callbacks  # what Dask does by itself, under this name


@pytest.mark.parametrize("workers", [0, -1])
def test_no_workers_are_refused(workers):
    with pytest.raises(ValueError, match=rf"^WORKERS is {workers}, and nothing would ever run: give 1 or more$"):
        repro([], workers, 1)


def test_the_stage_refuses_what_is_no_number(monkeypatch):
    monkeypatch.chdir(ROOT)
    for wrong in ("", "two", "1.5"):
        with pytest.raises(ValueError, match=f"^WORKERS is '{wrong}': give a whole number"):
            work(wrong)


def test_a_signal_ends_a_run_that_waits_for_a_worker(tmp_path):
    """A cluster may have none yet; what was handed to it is not waited for."""
    toy = Toy(tmp_path / "toy")
    with LocalCluster(n_workers=0, processes=False, dashboard_address=None) as cluster:

        def end() -> None:
            while not cluster.scheduler.tasks:
                time.sleep(0.05)
            os.kill(os.getpid(), signal.SIGTERM)

        Thread(target=end, daemon=True).start()
        with pytest.raises(KeyboardInterrupt):
            toy.work(address=cluster.scheduler_address)
    assert toy.ran() == []


def test_a_target_that_does_not_exist_is_refused(spread):
    with pytest.raises(ValueError, match=r"^gathr: [^\n]+$"):
        spread.work("gathr")


@pytest.mark.parametrize("lock", [True, False], ids=["with the lock file", "by the run cache alone"])
def test_what_one_clone_computed_another_takes_from_the_shared_store(tmp_path, lock):
    first = Toy(tmp_path / "first")
    config = f"[core]\n    remote = store\n['remote \"store\"']\n    url = {tmp_path / 'store'}\n"
    (first.folder / ".dvc/config").write_text(config)
    with first.repo() as repo:
        repo.reproduce()
        repo.push(run_cache=True)
    if not lock:
        (first.folder / "dvc.lock").unlink()
    first.commit()
    second = Toy(tmp_path / "second", origin=first.folder)
    with second.repo() as repo:
        repo.pull(run_cache=True, allow_missing=True)
        repo.reproduce(pull=True)
    assert second.ran() == [] and second.outs() == first.outs()
    second.work()
    assert second.ran() == []
