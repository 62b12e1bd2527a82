"""What every trained set is worth, before its training and after."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from slim.report.study._read import NONE, Run
from slim.subsets.lattice import layers_of

COLUMNS = [
    "dataset", "seed", "kept", "layers", "budget", "steps", "epochs", "validation_accuracy", "test_accuracy",
]  # fmt: skip


def recovered(runs: Sequence[Run], budgets: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """One row a run, trained set and budget, `none` (the raw lattice) first; the intact model is among the sets.

    `budgets`: name -> `epochs` or `steps`, as in params.yaml. kept: the retained layers, as 0-3-5; steps, epochs: of
    training, the one that the budget does not say missing; accuracies are shares.
    """
    rows = [
        {"dataset": run.dataset, "seed": run.seed, "kept": "-".join(map(str, layers_of(mask)))}
        | {"layers": mask.bit_count(), "budget": budget, "mask": mask, "place": place}
        | ({"steps": 0, "epochs": 0.0} if budget == NONE else {k: budgets[budget].get(k) for k in ("steps", "epochs")})
        | {f"{split}_accuracy": lattice.accuracy(mask, split) for split in ("validation", "test")}
        for run in runs
        for place, (budget, lattice) in enumerate(run.outcomes.items())
        for mask in run.trained(budget)
    ]
    table = pd.DataFrame(rows, columns=[*COLUMNS, "mask", "place"]).astype({"steps": "Int64", "epochs": "Float64"})
    return table.sort_values(["dataset", "seed", "place", "layers", "mask"])[COLUMNS].reset_index(drop=True)
