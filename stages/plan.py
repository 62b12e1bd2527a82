"""plan [TARGET ...]: what a run will ask of this machine, estimated before it starts.

No stage of DVC. Refuses a disk that is clearly too small. The arithmetic is slim/orchestration/plan.py's, the speeds
are measured here and now in a few seconds.
"""

import sys

from slim.config import load
from slim.modeling.device import start
from slim.orchestration.calibration import configuration, device_memory, free_disk, shape, speed
from slim.orchestration.dvc_graph import graph, pending
from slim.orchestration.estimate import Machine, estimate, mean_tokens, rows_of
from stages import run


def plan(*targets: str) -> None:
    params = load()
    model, runtime = params.model.model_dump(), params.runtime
    config = configuration(**model)
    stages, most = graph(targets), runtime.max_tokens
    wanted = {name: rows_of(name, params.datasets[name], most) for name in params.grid.datasets}
    machine = Machine(
        speed=speed(
            config,
            device := start(runtime.threads, runtime.precision, seed=0),
            train_batch=params.finetune.batch_size,
            read_batch=runtime.batch_size,
            tokens=round(mean_tokens(wanted, most)),
        ),
        memory=device_memory(device),
        disk=free_disk(),
    )
    found = estimate(params.model_dump(), wanted, shape(config), machine, list(stages), pending(targets, stages))
    sys.stdout.write(found.text())
    found.refuse()


if __name__ == "__main__":
    run(plan)
