"""work WORKERS [TARGET ...]: what `dvc repro` would run, several stages at a time; no stage of DVC itself."""

import os

from slim.config import load
from slim.orchestration.parallel import repro
from slim.utils.grid import runs
from stages import run


def work(workers: str, *targets: str) -> None:
    params = load()
    if not workers.removeprefix("-").isdecimal():
        raise ValueError(f"WORKERS is '{workers}': give a whole number, how many stages run at a time")
    repro(
        targets,
        int(workers),
        params.runtime.threads,
        runs=runs(**params.grid.model_dump()),
        launcher=params.launcher,
        address=os.environ.get("DASK_SCHEDULER_ADDRESS"),
    )


if __name__ == "__main__":
    run(work)
