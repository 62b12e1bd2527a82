"""Which pairs of layers need each other, and which can stand in for one another."""

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import pandas as pd

from slim.subsets import shapley as games
from slim.subsets.lattice import Lattice

COLUMNS = ["dataset", "seed", "first", "second", "interaction"]


def interactions(lattices: Mapping[str, Lattice]) -> pd.DataFrame:
    """One row a run and pair of layers, first < second; `lattices` by run.

    interaction: the Shapley interaction index on validation accuracy (share; see
    `slim.subsets.shapley.interactions`). A lattice that is not exhaustive, the empty subset included, has no rows.
    """
    rows: list[dict[str, Any]] = []
    for run, lattice in lattices.items():
        if games.complete(lattice):
            dataset, seed = run.split("/")
            found = games.interactions(games.values_of(lattice, "validation"))
            rows += [
                {"dataset": dataset, "seed": int(seed), "first": i, "second": j, "interaction": found[i, j]}
                for i, j in combinations(range(lattice.layers), 2)
            ]
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.sort_values(["dataset", "seed", "first", "second"]).reset_index(drop=True)
