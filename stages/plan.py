"""plan [TARGET ...]: what a run will ask of this machine, estimated before it starts.

No stage of DVC. Refuses a disk that is clearly too small. Speeds are measured here and now, in a few seconds.
"""

import sys

from slim.config import load
from slim.modeling.device import start
from slim.orchestration.dvc_graph import graph, pending
from slim.orchestration.estimate import estimate, mean_tokens, rows_of
from slim.orchestration.machine import configuration, measure_machine, model_size
from stages import run


def plan(*targets: str) -> None:
    params = load()
    config, runtime = configuration(**params.model.model_dump()), params.runtime
    cut = {name: params.finetune.of(params.datasets[name]).max_tokens for name in params.grid.datasets}
    rows = {name: rows_of(name, params.datasets[name], most) for name, most in cut.items()}
    machine = measure_machine(
        config,
        start(runtime.threads, runtime.precision, seed=0),
        train_batch=params.finetune.batch_size,
        read_batch=runtime.batch_size,
        tokens=round(mean_tokens(rows, cut)),
    )
    stages = graph(targets)
    result = estimate(params.model_dump(), rows, model_size(config), machine, list(stages), pending(targets, stages))
    sys.stdout.write(result.text())
    result.refuse()


if __name__ == "__main__":
    run(plan)
