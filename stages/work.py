"""work WORKERS [TARGET ...]: what `dvc repro` would run, several stages at a time; no stage of DVC itself."""

import os

from slim.config import load
from slim.orchestration.parallel import repro
from stages import run


def work(workers: str, *targets: str) -> None:
    threads = load().runtime.threads
    repro(targets, int(workers), threads, address=os.environ.get("DASK_SCHEDULER_ADDRESS"))


if __name__ == "__main__":
    run(work)
