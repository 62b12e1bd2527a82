"""The report as one self-contained page: inline style, no script, nothing from the network, no date."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from jinja2 import Environment, StrictUndefined

from slim.metrics._catalogue import CATALOGUE
from slim.sentences import control_sentences, depths, floor_sentences, fusion_sentences, size_sentences
from slim.summary import MODEL_COLUMNS
from slim.tables._format import interval, number, percent, points, times, words
from slim.tables.models import models

TEMPLATE = Path(__file__).with_name("page.html.j2")


class Table(NamedTuple):
    """What the template draws."""

    head: list[str]
    rows: list[list[str]]
    left: int
    """How many leading columns hold words; the others hold numbers and are aligned right."""
    best: frozenset[tuple[int, int]] = frozenset()
    """(row, column) of cells to print bold."""


def page(
    cards: dict[str, dict[str, Any]],
    results: pd.DataFrame,
    curves: pd.DataFrame,
    maxima: pd.DataFrame,
    fits: pd.DataFrame,
    figures: list[str],
) -> str:
    """The HTML of the report.

    cards: dataset -> its card; figures: which of accuracy_by_depth, regret_by_depth and models lie beside the page as
    figures/<name>.png, the others are left out. The frames are those of `slim.tables`.
    """
    means = models(results)
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        datasets=datasets_table(cards),
        sources={name: (card["origin"], card["licence"]) for name, card in cards.items()},
        seeds=sorted(map(int, results["seed"].dropna().unique())),
        precisions=sorted(results["precision"].dropna().unique()),
        floor=floor_sentences(means),
        size=size_sentences(means),
        control=control_sentences(means),
        fusion=fusion_sentences(curves),
        depths={name: depths_table(found) for name, found in curves.groupby("dataset")},
        maxima=maxima_table(maxima),
        models={name: models_table(found) for name, found in means.groupby("dataset")},
        fits=fits_table(fits),
        figures=figures,
        catalogue=list(CATALOGUE.values()),
    )


def datasets_table(cards: dict[str, dict[str, Any]]) -> Table:
    """What was run on: the number of classes, the rows of each split, and how long its texts are."""
    splits = list(dict.fromkeys(split for card in cards.values() for split in card["splits"]))
    rows = [
        [name, str(len(card["labels"])), *(_of_split(card, split, "rows") for split in splits), _median_words(card)]
        for name, card in cards.items()
    ]
    return Table(["dataset", "classes", *splits, "median words"], rows, left=1)


def _of_split(card: dict[str, Any], split: str, key: str) -> str:
    return number(card["splits"].get(split, {}).get(key), ",d")


def _median_words(card: dict[str, Any]) -> str:
    return number(card["splits"].get("test", {}).get("words", {}).get("median"), "g")


def depths_table(curves: pd.DataFrame) -> Table:
    """Fusions and controls at every depth of one dataset; the best of a depth, oracle aside, is bold."""
    found = depths(curves)
    rows = [[str(removed), *map(percent, row)] for removed, row in zip(found.index, found.to_numpy(), strict=True)]
    return Table(["layers removed", *map(words, found.columns)], rows, left=0, best=_best_of_rows(found))


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
    rows = [_maxima_row(maxima[maxima["strategy"] == strategy], datasets) for strategy in strategies["strategy"]]
    return Table(head, rows, left=2, best=_best_of_columns(maxima, list(strategies["strategy"]), datasets))


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
    cells = [*MODEL_COLUMNS.values(), *MORE_COLUMNS.values()]
    rows = [[cell(row) for cell in cells] for _, row in means.iterrows()]
    return _without_empty(Table([*MODEL_COLUMNS, *MORE_COLUMNS], rows, left=1))


def fits_table(fits: pd.DataFrame) -> Table:
    """The fusions' fits: how many rows, how well, and the three heaviest signals."""
    head = ["dataset", "fusion", "seed", "rows", "evaluations", "R² out of sample", "R² in sample", "heaviest signals"]
    rows = [
        [row["dataset"], words(row["fusion"]), str(row["seed"]), *_fit_numbers(row), _heaviest(row)]
        for _, row in fits.iterrows()
    ]
    return _without_empty(Table(head, rows, left=2))


def _fit_numbers(row: pd.Series) -> list[str]:
    counts = [number(row[key], ",d") for key in ("rows", "evaluations")]
    return counts + [number(row[key], ".2f") for key in ("r2_out_of_sample", "r2_in_sample")]


def _heaviest(row: pd.Series) -> str:
    places = [place for place in ("first", "second", "third") if pd.notna(row[place])]
    return ", ".join(f"{words(row[place])} {number(row[f'{place}_weight'], '+.3g')}" for place in places)


def _without_empty(table: Table) -> Table:
    keep = [i for i in range(len(table.head)) if i < table.left or any(row[i] for row in table.rows)]
    return table._replace(head=_pick(table.head, keep), rows=[_pick(row, keep) for row in table.rows])


def _pick(cells: list[str], keep: Iterable[int]) -> list[str]:
    return [cells[i] for i in keep]
