"""Many stages side by side: Dask holds the graph, DVC runs each stage, one worker one task at a time.

DVC's own queue runs whole pipelines in copies of the workspace, and `dvc repro` one stage after the other; Dask takes
the graph as it is, on this machine or on whatever cluster its scheduler has (SLURM, Kubernetes, SSH). A task is a
`dvc repro --single-item` of one stage or of several quick ones, so skipping, caching and the lock file stay DVC's, and
a run that was ended goes on where it was. What Dask sends is pickled: use only a scheduler of your own.
"""

import logging
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import dask
from distributed import Client, Event, LocalCluster, as_completed, get_worker, wait
from tqdm import tqdm

from slim.orchestration.dvc_graph import LOOPING, QUICK, graph, pending, verb
from slim.orchestration.warm import available, warm_python

LOGS = Path(".dvc/tmp/workers")
"""Where the output of tasks goes, a file a task."""

LIMITS = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
"""One thread a stage, but for what `runtime.threads` gives to its model: workers share the cores."""

POLL_SECONDS = 0.2
"""How often a worker looks whether its stage, or the whole run, has ended."""


class Failed(ValueError):
    """A task ended badly."""


@dataclass
class Task:
    """What one worker does at a time."""

    stages: list[str] = field(default_factory=list)
    """Stages of DVC, run one after the other."""
    parts: dict[str, list[str]] = field(default_factory=dict)
    """Name of a part, which has to be computed before -> its command."""
    after: set[str] = field(default_factory=set)
    """The tasks that write what these stages read."""


def repro(
    targets: Sequence[str],
    workers: int,
    threads: int,
    *,
    runs: Sequence[str] = (),
    launcher: str = "python",
    address: str | None = None,
) -> None:
    """Run what of some targets (all, without targets) is out of date.

    Stages that loop over `runs` (`dataset/seed`) are spread, too: every run is computed into the work cache by a task
    of its own, which the `launcher` starts where the stage trains, and the stage then collects what is there.

    `workers` stages at a time on this machine, each with `threads` threads; or, given the `address` of a scheduler, as
    many as it has workers, all of which must see this folder. Raises ValueError at the first failure, naming the task
    and its log, after ending the others; and before anything runs when there is no worker, or this machine has too
    few cores. SIGTERM ends the run as Ctrl-C does.
    """
    if workers < 1:
        raise ValueError(f"WORKERS is {workers}, and nothing would ever run: give 1 or more")
    cores = len(os.sched_getaffinity(0))
    if not address and workers > 1 and workers * threads > cores:
        raise ValueError(
            f"{workers} workers of {threads} threads want {workers * threads} cores of {cores}, which is slower than "
            f"one: ask for fewer, or lower runtime.threads (which changes last digits)"
        )
    stages = graph(targets)
    due = pending(targets, stages)
    tasks = plan_tasks({name: list(stages.successors(name)) for name in due}, workers, runs, launcher)
    LOGS.mkdir(parents=True, exist_ok=True)
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    bar = tqdm(total=len(due), desc="running", unit="stage")
    with bar, _python(address) as path, _client(workers, address) as client:
        _follow(client, tasks, path, bar)


def plan_tasks(
    needs: Mapping[str, Sequence[str]], workers: int, runs: Sequence[str] = (), launcher: str = "python"
) -> dict[str, Task]:
    """Name -> task, each after those it waits for.

    `needs`: stage that has to run -> the stages it reads from. Quick stages of one verb are dealt out to as many tasks
    as there are workers, since DVC takes a second to start.
    """
    dealt = {name: i % workers for quick in QUICK for i, name in enumerate(n for n in needs if verb(n) == quick)}
    task_of = {name: f"{verb(name)}-{dealt[name] + 1}" if name in dealt else name for name in needs}
    tasks: dict[str, Task] = {name: Task() for name in task_of.values()}
    for name, others in needs.items():
        task = tasks[task_of[name]]
        task.stages.append(name)
        task.parts |= _parts(name, runs, launcher)
        task.after |= {task_of[other] for other in others if other in needs}
    order = TopologicalSorter({name: sorted(task.after) for name, task in tasks.items()}).static_order()
    return {name: tasks[name] for name in order}


def _parts(name: str, runs: Sequence[str], launcher: str) -> dict[str, list[str]]:
    """Name of a part -> its command, for each run of a stage that loops over them; none where there is one run."""
    stage, _, entry = name.partition("@")
    if stage not in LOOPING or len(runs) < 2:
        return {}
    start = shlex.split(launcher if stage == "distill" else "python")
    words = ["-m", f"stages.{stage}", *([entry] if entry else [])]
    return {f"{name}-{run.replace('/', '-')}": [*start, *words, *run.split("/")] for run in runs}


@contextmanager
def _python(address: str | None) -> Iterator[str | None]:
    """The PATH on which processes start warm; None where they cannot, or on a cluster."""
    if address or not available():
        yield None
        return
    with warm_python(os.environ | LIMITS) as environment:
        yield environment["PATH"]


@contextmanager
def _client(workers: int, address: str | None) -> Iterator[Client]:
    """A connection to a scheduler: the given one, or one inside this process."""
    with Client(address) if address else local_client(workers) as client:
        yield client


@contextmanager
def local_client(workers: int) -> Iterator[Client]:
    """A connection to a scheduler inside this process, which keeps its workers however long this machine sleeps."""
    local: dict[str, Any] = {"processes": False, "silence_logs": logging.CRITICAL}
    local |= {"dashboard_address": "127.0.0.1:0", "scheduler_kwargs": {"dashboard": False}}  # no port of another run
    with (
        dask.config.set({"distributed.scheduler.worker-ttl": None}),
        LocalCluster(n_workers=workers, threads_per_worker=1, **local) as cluster,
        Client(cluster) as client,
    ):
        yield client


def _follow(client: Client, tasks: Mapping[str, Task], path: str | None, bar: Any) -> None:
    """Hand all tasks to the scheduler, each after what it waits for; end everything at the first failure."""
    ended = Event("ended", client=client)
    ended.clear()
    here = str(Path.cwd())
    futures: dict[str, Any] = {}
    submitted = []

    def submit(name: str, command: Sequence[str], after: Sequence[Any]) -> Any:
        submitted.append(client.submit(_run, name, command, here, path, after, key=f"{name} in {here}", retries=0))
        return submitted[-1]

    for name, task in tasks.items():
        before = [futures[other] for other in sorted(task.after)]
        parts = [submit(part, command, before) for part, command in task.parts.items()]
        command = ["python", "-m", "dvc", "--wait-for-lock", "repro", "--single-item", *task.stages]
        futures[name] = submit(name, command, before + parts)
    try:
        for future in as_completed(submitted):
            name = future.result()
            bar.set_postfix_str(name)
            bar.update(len(tasks[name].stages) if name in tasks else 0)
    finally:
        ended.set()
        begun = {key for keys in client.processing().values() for key in keys}
        wait([future for future in submitted if future.key in begun])  # others may wait for a worker for ever


def _run(name: str, command: Sequence[str], folder: str, path: str | None, after: Sequence[str]) -> str:
    """One command in a process group of its own, which ends with the run.

    `path`: where `python` is, unless it is the one that runs this; `after`: what had to be done before.
    """
    ended = Event("ended")
    if ended.is_set():
        return name
    output = Path(folder, LOGS, f"{name}.log")
    start = [sys.executable if command[0] == "python" and not path else command[0], *command[1:]]
    environment = os.environ | LIMITS | ({"PATH": path} if path else {}) | _device()
    with output.open("wb") as log:
        process = subprocess.Popen(start, cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True)
        try:
            while process.poll() is None and not ended.is_set():
                time.sleep(POLL_SECONDS)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
            status = process.wait()
    if status:
        raise Failed(f"{name} failed, the others were ended: read {output}")
    return name


def _device() -> dict[str, str]:
    """One of several accelerators in CUDA_VISIBLE_DEVICES for each worker of this machine."""
    devices, worker = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(","), get_worker().name
    if len(devices) < 2 or not isinstance(worker, int):
        return {}
    return {"CUDA_VISIBLE_DEVICES": devices[worker % len(devices)]}
