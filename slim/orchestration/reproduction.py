"""Whether the numbers of a run lie in the intervals that were committed for the same measurements."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

REPRODUCED, OUTSIDE = "reproduced", "outside"
COLUMNS = ["dataset", "number", "here", "committed", "low", "high", "verdict"]
DIGITS = 1e-5
"""Tables are written with six significant digits."""


TABLES = ("recipes", "comparisons", "strategy_comparisons")
"""The tables of the report that hold the numbers."""


def read_tables(folder: str | Path) -> dict[str, pd.DataFrame]:
    """Those of a folder of reports. Raises FileNotFoundError when one is not there."""
    return {name: pd.read_csv(Path(folder) / f"{name}.csv") for name in TABLES}


INDIFFERENT = {"grid", "launcher", "recover", "budgets", "benchmark", "ship"}
"""What the numbers of a dataset and seed do not depend on."""


def reproduction(here: Mapping[str, pd.DataFrame], committed: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row a number that both runs have, dataset by dataset, from their tables of the report.

    The numbers are the test accuracy of every recipe, its difference to its control, and that of the fusion to greedy
    at half of the layers, all fractions.
    here, committed: means over the seeds of each run
    low, high: the committed interval over seeds and test items
    verdict: REPRODUCED where `here` lies in it, ends included, else OUTSIDE
    """
    theirs = _numbers(committed).rename(columns={"value": "committed"})
    table = _numbers(here).drop(columns=["low", "high"]).rename(columns={"value": "here"})
    table = table.merge(theirs, on=["dataset", "number"], how="inner", sort=False)
    inside = (table["low"] - DIGITS <= table["here"]) & (table["here"] <= table["high"] + DIGITS)
    table["verdict"] = inside.map({True: REPRODUCED, False: OUTSIDE})
    return table.sort_values("dataset", kind="stable")[COLUMNS].reset_index(drop=True)


def _numbers(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    parts = [part[part["dataset"] != "all"] for part in _parts(tables)]
    return pd.concat(parts)[["dataset", "number", "value", "low", "high"]].dropna()


def _parts(tables: Mapping[str, pd.DataFrame]) -> Iterator[pd.DataFrame]:
    recipes = tables["recipes"]
    yield recipes.assign(number=recipes["recipe"], value=recipes["accuracy"])
    compared = tables["comparisons"][tables["comparisons"]["against"] == "control"]
    yield compared.assign(number=compared["recipe"] + " - " + compared["reference"], value=compared["difference"])
    strategies = tables["strategy_comparisons"]
    at_half = strategies[
        (strategies["strategy"] == "random_forest") & (strategies["reference"] == "greedy")
        & (strategies["rule"] == "half")
    ]  # fmt: skip
    yield at_half.assign(number="random_forest - greedy, half of the layers", value=at_half["difference"])


def changed(here: Mapping[str, Any], committed: Mapping[str, Any], entries: int = 2) -> list[str]:
    """The dotted keys of params.yaml that have other values than in the committed run.

    Sections and their entries, so names of the first `entries` levels, that only one of the two has are not compared,
    nor is what the numbers do not depend on; an option that only one of the two sets is.
    """
    keys = []
    compared = set(here) & set(committed) if entries else set(here) | set(committed)
    for key in sorted(compared - INDIFFERENT if entries == 2 else compared):
        ours, theirs = here.get(key), committed.get(key)
        if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
            keys += [f"{key}.{inner}" for inner in changed(ours, theirs, max(0, entries - 1))]
        elif ours != theirs:
            keys.append(key)
    return keys
