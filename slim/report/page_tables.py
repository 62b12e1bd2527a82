"""The tables of the report's page: what is measured, as cells of text."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from slim.report.in_short import RULE, rows
from slim.report.rendering import Table, without_empty
from slim.report.sentences import depths
from slim.report.summary import MODEL_COLUMNS
from slim.report.tables._format import interval, number, percent, points, probability, times, words
from slim.report.tables.search import evaluations_for

WITHIN = 0.01
"""Test regret (share) that a search is asked to come down to (OURS)."""
Rows = Iterable[Mapping[str, Any]]


def datasets_table(cards: dict[str, dict[str, Any]]) -> Table:
    """What was run on: the number of classes, the rows of each split, and how long its texts are."""
    splits = list(dict.fromkeys(split for card in cards.values() for split in card["splits"]))
    cells = [
        [name, str(len(card["labels"])), *(_of_split(card, split, "rows") for split in splits), _median_words(card)]
        for name, card in cards.items()
    ]
    return Table(["dataset", "classes", *splits, "median words"], cells, left=1)


def _of_split(card: dict[str, Any], split: str, key: str) -> str:
    return number(card["splits"].get(split, {}).get(key), ",d")


def _median_words(card: dict[str, Any]) -> str:
    return number(card["splits"].get("test", {}).get("words", {}).get("median"), "g")


def claims_table(ledger: Rows) -> Table:
    """A claim a row: its verdict as the paper makes it, and by the same rule on the datasets of this run."""
    head = ["claim", "as the paper makes it", "here", "holds on", "read honestly", "datasets", "seeds", "tolerance"]
    return Table(head, [_claim(claim) for claim in ledger], left=6)


def _claim(claim: Mapping[str, Any]) -> list[str]:
    here, honest = claim["here"], claim["here"].get("honest")
    holds = f"{', '.join(here['holds_on']) or 'none'} ({len(here['holds_on'])} of {here['of']})" if here["of"] else ""
    seeds = ", ".join(map(str, claim["seeds"]))
    verdicts = [claim["verdict"], here["verdict"], holds, honest["verdict"] if honest else ""]
    return [claim["id"], *verdicts, ", ".join(claim["datasets"]), seeds, number(claim["tolerance"], "g")]


def told(value: Any) -> str:
    """The numbers of a claim in running text: `maximum 85.1; best strategies greedy, oracle`."""
    if isinstance(value, Mapping):
        parts = [
            f"{words(str(name))}{':' if isinstance(of, Mapping) else ''} {told(of)}" for name, of in value.items()
        ]
        return ("; " if any(isinstance(of, Mapping) for of in value.values()) else ", ").join(parts)
    if isinstance(value, list):
        return " and ".join(map(told, value)) or "none"
    return words(value) if isinstance(value, str) else number(value, "g")


def depths_table(curves: pd.DataFrame) -> Table:
    """Fusions and controls at every depth of one dataset; the best of a depth, oracle aside, is bold."""
    found = depths(curves)
    cells = [[str(removed), *map(percent, row)] for removed, row in zip(found.index, found.to_numpy(), strict=True)]
    return Table(["layers removed", *map(words, found.columns)], cells, left=0, best=_best_of_rows(found))


def _best_of_rows(found: pd.DataFrame) -> frozenset[tuple[int, int]]:
    shown = found.assign(oracle=-1.0)[list(found.columns)].round(3).to_numpy()
    best = np.argwhere(shown == np.nanmax(shown, axis=1, keepdims=True))
    return frozenset((int(row), 1 + int(column)) for row, column in best)


def maxima_table(maxima: pd.DataFrame) -> Table:
    """Table 1: a strategy a row, two columns a dataset (chosen on validation; optimistic) and their means."""
    datasets = sorted(maxima["dataset"].unique())
    strategies = maxima.drop_duplicates("strategy")
    head = ["family", "strategy"]
    head += [f"{name}{part}" for name in [*datasets, "mean"] for part in ("", " optimistic")]
    cells = [_maxima_row(maxima[maxima["strategy"] == strategy], datasets) for strategy in strategies["strategy"]]
    return Table(head, cells, left=2, best=_best_of_columns(maxima, list(strategies["strategy"]), datasets))


def _maxima_row(of: pd.DataFrame, datasets: list[str]) -> list[str]:
    first, by_dataset = of.iloc[0], of.set_index("dataset").reindex(datasets)
    cells = [_with_spread(row["accuracy"], row["spread"]) for _, row in by_dataset.iterrows()]
    optimistic = [percent(value) for value in by_dataset["optimistic"]]
    pairs = [cell for pair in zip(cells, optimistic, strict=True) for cell in pair]
    means = [percent(first["mean"]), percent(first["mean_optimistic"])]
    return [first["family"], words(first["strategy"]), *pairs, *means]


def _with_spread(share: Any, spread: Any) -> str:
    return percent(share) if pd.isna(spread) else f"{percent(share)} ± {percent(spread)}"


def _best_of_columns(maxima: pd.DataFrame, strategies: list[str], datasets: list[str]) -> frozenset[tuple[int, int]]:
    best: set[tuple[int, int]] = set()
    for column, name in enumerate(datasets):
        of = maxima[(maxima["dataset"] == name) & (maxima["strategy"] != "oracle")]
        shown = of["accuracy"].round(3)
        best |= {(strategies.index(strategy), 2 + 2 * column) for strategy in of.loc[shown == shown.max(), "strategy"]}
    return frozenset(best)


def comparisons_table(compared: pd.DataFrame) -> Table:
    """Strategies against one reference on one dataset, or on all: by each rule the difference and how sure it is."""
    strategies = sorted(compared["strategy"].unique())
    by_rule = {rule: compared[compared["rule"] == rule].set_index("strategy") for rule in RULE}
    by_rule = {rule: found for rule, found in by_rule.items() if len(found)}
    parts = ["points", "interval", "p", "p Holm"]
    head = ["strategy", *(f"{'half' if rule == 'half' else 'best'}: {part}" for rule in by_rule for part in parts)]
    cells = [
        [words(name), *(cell for found in by_rule.values() for cell in _comparison(found.reindex([name]).iloc[0]))]
        for name in strategies
    ]
    return Table(head, cells, left=1)


def _comparison(row: "pd.Series[Any]") -> list[str]:
    ends = interval(row["low"], row["high"], points)
    return [points(row["difference"]), ends, probability(row["p"]), probability(row["p_holm"])]


def chosen_table(depths: pd.DataFrame) -> Table:
    """How many layers each rule keeps on one dataset, means over seeds and draws, and which, where they agree."""
    rules = list(dict.fromkeys(depths["rule"]))
    found = depths.groupby(["strategy", "rule"], sort=False)
    kept = found["kept"].agg(lambda of: of.iloc[0] if len(set(of)) == 1 else "")
    means = found[["layers", "test_accuracy"]].mean().assign(kept=kept)
    by_key = {(row["strategy"], row["rule"]): row for row in rows(means.reset_index())}
    head = ["strategy", *(f"{words(rule)}: {part}" for rule in rules for part in ("layers", "kept", "accuracy"))]
    cells = [
        [words(name), *(cell for rule in rules for cell in _chosen(by_key.get((name, rule))))]
        for name in dict.fromkeys(depths["strategy"])
    ]
    return Table(head, cells, left=1)


def _chosen(row: Mapping[str, Any] | None) -> list[str]:
    if row is None:
        return ["", "", ""]
    return [number(row["layers"], ".3g"), row["kept"], percent(row["test_accuracy"])]


def learned_table(learned: pd.DataFrame) -> Table:
    """Kinds of rows by regressors, means over seeds: what each measured, regrets and explains."""
    keys = ["dataset", "fusion", "rows"]
    numbers = [name for name in learned.columns if name not in (*keys, "seed", "in_use")]
    means = learned.astype(dict.fromkeys(numbers, "float64")).groupby(keys, sort=False)[numbers].mean().reset_index()
    used = set(map(tuple, learned.loc[learned["in_use"].astype(bool), keys].to_numpy()))
    head = [
        "dataset", "fusion", "learns from", "removals", "evaluations", "regret", "of greedy", "of random",
        "R² out of sample", "R² here", "R² in sample",
    ]  # fmt: skip
    cells = [_learned(row, tuple(row[key] for key in keys) in used) for row in rows(means)]
    return without_empty(Table(head, cells, left=3))


def _learned(row: Mapping[str, Any], used: bool) -> list[str]:
    counts = [number(row[key], ",.4g") for key in ("fitted", "evaluations")]
    regrets = [_points(row[key]) for key in ("test_regret", "greedy_test_regret", "random_test_regret")]
    fits = [number(row[key], ".2f") for key in ("r2_out_of_sample", "r2_here", "r2_in_sample")]
    kind = words(row["rows"]) or "nothing"
    return [row["dataset"], words(row["fusion"]), f"{kind} (in use)" if used else kind, *counts, *regrets, *fits]


def _points(share: Any) -> str:
    return "" if pd.isna(share) else number(100 * share, ".1f")


def fits_table(fits: pd.DataFrame) -> Table:
    """The fusions' fits as set in params.yaml: how many rows, how well, and the three heaviest signals."""
    head = [
        "dataset", "fusion", "seed", "rows", "evaluations", "R² out of sample", "R² in sample", "R² here",
        "heaviest signals",
    ]  # fmt: skip
    cells = [
        [row["dataset"], words(row["fusion"]), str(row["seed"]), *_fit_numbers(row), _heaviest(row)]
        for _, row in fits.iterrows()
    ]
    return without_empty(Table(head, cells, left=2))


def _fit_numbers(row: pd.Series) -> list[str]:
    counts = [number(row[key], ",d") for key in ("rows", "evaluations")]
    return counts + [number(row[key], ".2f") for key in ("r2_out_of_sample", "r2_in_sample", "r2_here")]


def _heaviest(row: pd.Series) -> str:
    places = [place for place in ("first", "second", "third") if pd.notna(row[place])]
    return ", ".join(f"{words(row[place])} {number(row[f'{place}_weight'], '+.3g')}" for place in places)


def sensitivity_table(sensitivity: pd.DataFrame) -> Table:
    """A choice a row, means over runs: how much it moves the order, and how much regret it adds."""
    keys = ["strategy", "option", "default", "value"]
    changed = sensitivity.assign(change=sensitivity["test_regret"] - sensitivity["default_regret"])
    found = changed.assign(default=changed["default"].astype(str)).groupby(keys, sort=False)
    means = found[["tau", "default_regret", "test_regret", "change"]].mean()
    means = means.assign(least=found["change"].min(), most=found["change"].max(), runs=found.size()).reset_index()
    head = ["strategy", "option", "in use", "instead", "tau", "regret", "instead", "change", "over runs", "runs"]
    cells = [
        [
            *(words(row[key]) for key in keys), number(row["tau"], ".2f"), _points(row["default_regret"]),
            _points(row["test_regret"]), points(row["change"]), interval(row["least"], row["most"], points),
            str(row["runs"]),
        ]
        for row in rows(means)
    ]  # fmt: skip
    return Table(head, cells, left=4)


def layers_table(shapley: pd.DataFrame) -> Table:
    """Layers of one dataset, means over seeds: what each is worth, in points of accuracy."""
    columns = {
        "shapley": "Shapley value", "shapley_test": "on test", "leave_one_out": "leave one out", "alone": "alone",
    }  # fmt: skip
    means = shapley.groupby("layer")[list(columns)].mean()
    cells = [[str(layer), *map(points, row)] for layer, row in zip(means.index, means.to_numpy(), strict=True)]
    return Table(["layer", *columns.values()], cells, left=0)


def needed_table(search: pd.DataFrame) -> Table:
    """How many subsets each way of searching measures until its test regret is `WITHIN` or less; blank where never."""
    found = evaluations_for(search[search["evaluations"].notna()], WITHIN).fillna({"rows": ""})
    runs = found.groupby(["method", "rows"], sort=False)["evaluations"]
    cells = [
        [words(str(method)), words(str(kind)), f"{of.notna().sum()} of {len(of)}", *_quantiles(of.dropna())]
        for (method, kind), of in runs
    ]
    return Table(["search", "learns from", "runs that get there", "fewest", "median", "most"], cells, left=2)


def _quantiles(counts: "pd.Series[int]") -> list[str]:
    if counts.empty:
        return ["", "", ""]
    return [number(float(value), ",.4g") for value in (counts.min(), counts.median(), counts.max())]


MORE_COLUMNS: dict[str, Callable[[pd.Series], str]] = {
    "of parameters": lambda row: times(row["ratio_parameters"]),
    "of encoder": lambda row: times(row["ratio_encoder"]),
    "ceiling": lambda row: times(row["ratio_ceiling"]),
    "macro F1": lambda row: percent(row["macro_f1"]),
    "loss (nats)": lambda row: number(row["nll"], ".3f"),
    "calibration error": lambda row: percent(row["calibration_error"]),
    "validation": lambda row: percent(row["validation_accuracy"]),
    "over hard labels": lambda row: points(row["over_control"]),
    "interval": lambda row: interval(row["over_control_low"], row["over_control_high"], points),
}
"""Heading -> cell of a row of the table `models`, after those the summary shows."""


def models_table(means: pd.DataFrame) -> Table:
    """The models of one dataset, means over seeds."""
    columns = [*MODEL_COLUMNS.values(), *MORE_COLUMNS.values()]
    cells = [[cell(row) for cell in columns] for _, row in means.iterrows()]
    return without_empty(Table([*MODEL_COLUMNS, *MORE_COLUMNS], cells, left=1))
