"""What each layer is worth: its Shapley value, next to what it seems worth first or last."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from slim.subsets import shapley as games
from slim.subsets.lattice import Lattice

COLUMNS = ["dataset", "seed", "layer", "shapley", "shapley_test", "leave_one_out", "alone"]


def shapley(lattices: Mapping[str, Lattice]) -> pd.DataFrame:
    """One row a run and layer, all in shares of accuracy; `lattices` by run.

    shapley, shapley_test: on validation and test; they sum to the accuracy of all layers minus that of none
    leave_one_out: validation accuracy of all layers minus that without this one
    alone: validation accuracy of this layer alone minus that of none
    A lattice that is not exhaustive, the empty subset included, has no rows.
    """
    rows: list[dict[str, Any]] = []
    for run, lattice in lattices.items():
        if games.complete(lattice):
            dataset, seed = run.split("/")
            values = games.values_of(lattice, "validation")
            worth, on_test = games.shapley(values), games.shapley(games.values_of(lattice, "test"))
            rows += [
                {"dataset": dataset, "seed": int(seed), "layer": layer, "shapley": worth[layer]}
                | {"shapley_test": on_test[layer], "leave_one_out": values[-1] - values[lattice.full ^ 1 << layer]}
                | {"alone": values[1 << layer] - values[0]}
                for layer in range(lattice.layers)
            ]
    return pd.DataFrame(rows, columns=COLUMNS).sort_values(["dataset", "seed", "layer"]).reset_index(drop=True)
