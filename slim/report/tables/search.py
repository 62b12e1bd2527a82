"""How many accuracies each way of searching has to measure, and how good the subsets are that it finds."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate
from math import comb
from typing import Any

import numpy as np
import pandas as pd

from slim.report.tables._paths import Path, best_on_test, mean_regret, regret_at_half
from slim.subsets.lattice import Lattice
from slim.subsets.search import beam_search, greedy_search, random_search

COLUMNS = [
    "dataset", "seed", "method", "rows", "width", "evaluations", "test_regret", "test_regret_half",
    "greedy_test_regret",
]  # fmt: skip
DRAWS = 20
"""How often the random search is repeated at each number of evaluations."""
SEARCHES = ("greedy", "beam", "random")
Row = dict[str, Any]


def search(lattices: Mapping[str, Lattice], fused: Iterable[Row]) -> pd.DataFrame:
    """One row a run, method and number of evaluations; `lattices` by run, `fused` the records of `fuse`.

    method: greedy, stopped before its first and after each of its rounds; beam, at widths 1, 2, 4, ... up to one that
        leaves nothing out; random, at all these and the fusions' evaluations, mean over `DRAWS` seeds; a fusion
    rows: which removals the fusion learned from, those of its variants too; width: of the beam
    evaluations: subsets whose validation accuracy was measured; for a fusion, as it says itself
    test_regret: test accuracy (share) of the best subset minus that of the one found, mean over sizes L-1 .. 1
    test_regret_half: the same at half of the layers, halves rounded up
    greedy_test_regret: `test_regret` of greedy stopped at the fusion's number of evaluations
    A run of whose lattice some size was not measured in full has no rows.
    """
    records = [record for record in fused if record["strategy"] != "greedy"]
    rows = [
        {"dataset": run.split("/")[0], "seed": int(run.split("/")[1])} | row
        for run, lattice in lattices.items()
        for row in _of_run(lattice, list(_fusions(records, run)))
    ]
    table = pd.DataFrame(rows, columns=COLUMNS).astype({"width": "Int64", "evaluations": "Int64"})
    place = table["method"].map({method: i for i, method in enumerate(SEARCHES)}).fillna(len(SEARCHES))
    order = ["dataset", "seed", "_place", "method", "rows", "width", "evaluations"]
    return table.assign(_place=place).sort_values(order, na_position="first")[COLUMNS].reset_index(drop=True)


def _of_run(lattice: Lattice, fusions: list[tuple[Row, Path]]) -> Iterator[Row]:
    best = best_on_test(lattice)
    if len(best) < lattice.layers - 1:
        return

    def row(found: tuple[Path, int | None], **more: Any) -> Row:
        path, evaluations = found
        regrets = {"test_regret": mean_regret(path, lattice, best)}
        return regrets | {"test_regret_half": regret_at_half(path, lattice, best), "evaluations": evaluations} | more

    greedy = _once(row(greedy_search(lattice, n), method="greedy") for n in _rounds(lattice.layers))
    beams = [row(beam_search(lattice, width), method="beam", width=width) for width in _widths(lattice.layers)]
    fused = [
        row((path, known.get("evaluations")), **known) | _greedy_at(known.get("evaluations"), lattice, best)
        for known, path in fusions
    ]
    counts = {found["evaluations"] for found in [*greedy, *beams, *fused]} - {None}
    yield from [*greedy, *beams, *fused]
    yield from _once(
        _mean([row(random_search(lattice, count, seed), method="random") for seed in range(DRAWS)])
        for count in sorted(counts)
    )


def _once(rows: Iterable[Row]) -> list[Row]:
    """The first row of each number of evaluations."""
    found: dict[int, Row] = {}
    for row in rows:
        found.setdefault(row["evaluations"], row)
    return list(found.values())


def _rounds(layers: int) -> list[int]:
    """How many subsets greedy has measured before its first round and after each: 0, L, L + (L - 1), ..."""
    return list(accumulate(range(layers, 1, -1), initial=0))


def _widths(layers: int) -> list[int]:
    """1, 2, 4, ... up to the first that holds all subsets of any size."""
    return [1 << i for i in range((comb(layers, layers // 2) - 1).bit_length() + 1)]


def _greedy_at(evaluations: int | None, lattice: Lattice, best: dict[int, float]) -> Row:
    if evaluations is None:
        return {}
    return {"greedy_test_regret": mean_regret(greedy_search(lattice, evaluations)[0], lattice, best)}


def _mean(rows: list[Row]) -> Row:
    numbers = {name: float(np.mean([row[name] for row in rows])) for name in ("test_regret", "test_regret_half")}
    return rows[0] | numbers


def _fusions(records: Iterable[Row], run: str) -> Iterator[tuple[Row, Path]]:
    """What is known of each fusion, as it stands and with every other kind of rows, and its path in a run."""
    for record in records:
        others = [(v["value"], v) for v in record.get("variants", []) if v["option"] == "rows"]
        for rows, content in [(record.get("options", {}).get("rows"), record), *others]:
            if run in content["runs"]:
                fit = content.get("fit", {}).get(run, {})
                known = {"method": record["strategy"], "rows": rows}
                known |= {key: fit[key] for key in ("evaluations",) if key in fit}
                yield known, content["runs"][run]["paths"][0]


def evaluations_for(search: pd.DataFrame, regret: float) -> pd.DataFrame:
    """The fewest evaluations with which each method of the table `search` came to a mean test regret (share) or less.

    One row a dataset, seed, method and, for fusions, rows; evaluations are missing where no row of it got there.
    """
    keys = ["dataset", "seed", "method", "rows"]
    within = search["evaluations"].where(search["test_regret"] <= regret)
    return search.assign(evaluations=within).groupby(keys, dropna=False, sort=False)["evaluations"].min().reset_index()
