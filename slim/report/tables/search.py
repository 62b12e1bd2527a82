"""How many subsets each way of searching has to measure, and how good the subsets are that it finds."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate
from math import comb
from typing import Any

import numpy as np
import pandas as pd

from slim.subsets.lattice import Lattice
from slim.subsets.paths import Path, best_on_test, mean_regret
from slim.subsets.search import beam_search, greedy_search, random_search

COLUMNS = [
    "dataset", "seed", "method", "rows", "width", "evaluations", "test_regret", "greedy_test_regret",
    "r2_out_of_sample",
]  # fmt: skip
DRAWS = 20
"""How often the random search is repeated at each number of evaluations."""
Row = dict[str, Any]


def search(lattices: Mapping[str, Lattice], fused: Iterable[Row]) -> pd.DataFrame:
    """One row a dataset, seed, method and number of evaluations; `fused`: what `fuse` wrote, one a fusion.

    method: greedy, stopped before its first and after each of its rounds; beam, at widths 1, 2, 4, ...; random, at
        all these and the fusions' evaluations, mean over DRAWS seeds; a fusion
    rows: which removals the fusion learned from, those of its variants too
    evaluations: subsets whose validation accuracy was measured
    test_regret: test accuracy (fraction) of the best subset minus that of the one chosen, mean over sizes L-1 .. 1
    greedy_test_regret: the same of greedy stopped at the fusion's number of evaluations
    r2_out_of_sample: fraction of the variance that the fusion explains on removals held out
    A run of whose lattice some size was not measured in full has no rows.
    """
    records = [record for record in fused if record["strategy"] not in ("greedy", "oracle")]
    rows = [
        {"dataset": run.split("/")[0], "seed": int(run.split("/")[1])} | row
        for run, lattice in lattices.items()
        for row in _of_run(lattice, list(_fusions(records, run)))
    ]
    table = pd.DataFrame(rows, columns=COLUMNS).astype({"width": "Int64", "evaluations": "Int64"})
    return table.sort_values(COLUMNS[:6], na_position="first").reset_index(drop=True)


def _of_run(lattice: Lattice, fusions: list[tuple[Row, Path]]) -> Iterator[Row]:
    best = best_on_test(lattice)
    if len(best) < lattice.layers - 1:
        return

    def row(method: str, result: tuple[Path, int | None], **more: Any) -> Row:
        path, evaluations = result
        return {"method": method, "evaluations": evaluations, "test_regret": mean_regret(path, lattice, best)} | more

    rounds = accumulate(range(lattice.layers, 1, -1), initial=0)
    widths = [1 << i for i in range((comb(lattice.layers, lattice.layers // 2) - 1).bit_length() + 1)]
    rows = [row("greedy", greedy_search(lattice, evaluations)) for evaluations in rounds]
    rows += [row("beam", beam_search(lattice, width), width=width) for width in widths]
    for known, path in fusions:
        limit = known.get("evaluations")
        rows.append(row(known["method"], (path, limit)) | known)
        if limit is not None:
            rows[-1]["greedy_test_regret"] = mean_regret(greedy_search(lattice, limit)[0], lattice, best)
    random: dict[int, Row] = {}
    for count in sorted({one["evaluations"] for one in rows} - {None}):
        repeated = [row("random", random_search(lattice, count, seed)) for seed in range(DRAWS)]
        mean = float(np.mean([one["test_regret"] for one in repeated]))
        random[repeated[0]["evaluations"]] = repeated[0] | {"test_regret": mean}
    yield from [*rows, *random.values()]


def _fusions(records: Iterable[Row], run: str) -> Iterator[tuple[Row, Path]]:
    """What is known of each fusion, as it is in params.yaml and with every other kind of rows, and its path."""
    for record in records:
        others = [(v["value"], v) for v in record["variants"] if v["option"] == "rows"]
        for rows, content in [(record["options"].get("rows"), record), *others]:
            fit = content.get("fit", {}).get(run, {})
            known = {key: fit[key] for key in ("evaluations", "r2_out_of_sample") if key in fit}
            yield {"method": record["strategy"], "rows": rows} | known, content["runs"][run]["paths"][0]
