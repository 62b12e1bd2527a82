"""The study as one page: what was asked, the sentences that answer it, figures, and the tables behind them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from slim.report.rendering import Table, rendered, without_empty
from slim.report.study._words import RUN, at_last, gain, rows
from slim.report.tables._format import number, percent, probability, words

FOLDER = "study"
"""Where tables and figures lie, beside the page."""


def page(
    tables: Mapping[str, pd.DataFrame], sentences: Mapping[str, Sequence[str]], figures: Iterable[str], *, level: float
) -> str:
    """The HTML of the study, beside which every table lies as study/<name>.csv.

    tables: those of `slim.report.study` by name, of which an empty one leaves its part out; sentences: what
    `slim.report.study.sentences` says; figures: which lie in study/figures, others are left out; level: of the
    intervals.
    """
    recovered = tables["recovered"]
    return rendered(
        "study/page.html.j2",
        folder=f"{FOLDER}/figures",
        figures=list(figures),
        files=[f"{FOLDER}/{name}.csv" for name in sorted(tables)],
        level=f"{number(100 * level, 'g')} %",
        seeds=sorted(map(int, recovered["seed"].unique())),
        datasets=sorted(recovered["dataset"].unique()),
        budgets=[words(str(budget)) for budget in dict.fromkeys(recovered["budget"])],
        say=dict(sentences),
        noise=_by_run(tables["noise"], noise_table),
        regret=_by_run(tables["recovered_regret"], regret_table),
        schedules=_by_run(tables["schedules"], schedules_table),
        distillation=_by_run(tables["distillation"], distillation_table),
    )


def _by_run(table: pd.DataFrame, draw: Callable[[pd.DataFrame], Table]) -> dict[str, Table]:
    return {f"{dataset}, seed {seed}": draw(found) for (dataset, seed), found in table.groupby(RUN)}


def noise_table(noise: pd.DataFrame) -> Table:
    """A size and budget a row, of one run: how far apart the sets are, and what choosing is worth at most."""
    head = [
        "layers", "budget", "sets", "mean", "worst", "best", "spread", "by chance", "Cochran's p",
        "best on validation",
    ]  # fmt: skip
    cells = [
        [str(row["layers"]), words(row["budget"]), str(row["sets"])]
        + [percent(row[key]) for key in ("mean", "worst", "best")]
        + [
            _points(row["spread"]),
            _points(row["paired_noise"]),
            probability(row["p"]),
            gain(row, "best_minus_random"),
        ]
        for row in rows(noise)
    ]
    return Table(head, cells, left=2)


def _points(share: Any) -> str:
    return "" if pd.isna(share) else number(100 * share, ".1f")


SAME = "the same training"
"""What was learned from, where it is what is measured after: one word for sizes with different last budgets."""


def regret_table(regret: pd.DataFrame) -> Table:
    """A choice a row, of one run, by layers removed: regret and gain after the last budget that these had."""
    keys = ["strategy", "schedule", "target", "rows"]
    last = at_last(regret, "removed")
    last = last.assign(target=last["target"].where(last["target"] != last["budget"], SAME))
    depths = sorted(set(last["removed"]))
    found = {tuple(row[key] for key in (*keys, "removed")): row for row in rows(last.fillna(dict.fromkeys(keys, "")))}
    head = ["strategy", "schedule", "learned from", "rows"]
    head += [f"{depth} removed: {part}" for depth in depths for part in ("regret", "over random")]
    cells = [
        [*map(words, key), *(cell for depth in depths for cell in _regret(found.get((*key, depth))))]
        for key in dict.fromkeys(key[:-1] for key in found)
    ]
    return Table(head, cells, left=4)


def _regret(row: Mapping[str, Any] | None) -> list[str]:
    return ["", ""] if row is None else [_points(row["test_regret"]), gain(row, "over_random")]


def schedules_table(schedules: pd.DataFrame) -> Table:
    """A strategy a row, of one run: both schedules, and the difference, below zero where measuring again helps."""
    cells = [
        [
            row["family"], words(row["strategy"]), number(row["tau"], ".2f"), _points(row["one_shot_regret"]),
            _points(row["iterative_regret"]), _gain(row),
        ]
        for row in rows(schedules)
    ]  # fmt: skip
    head = ["family", "strategy", "tau", "regret measured once", "measured again", "difference"]
    return without_empty(Table(head, cells, left=2))


def _gain(row: Mapping[str, Any]) -> str:
    return "" if pd.isna(row["difference"]) else gain(row, "difference")


def distillation_table(distillation: pd.DataFrame) -> Table:
    """A way to teach a row, of one run."""
    cells = [
        [
            words(row["variant"]), row["changes"], f"{row['steps']:,d}", percent(row["accuracy"]),
            percent(row["control_accuracy"]), gain(row, "over_control"), probability(row["p"]),
            probability(row["p_holm"]),
        ]
        for row in rows(distillation)
    ]  # fmt: skip
    head = ["way to teach", "changes", "steps", "accuracy", "of its control", "difference", "p", "p Holm"]
    return Table(head, cells, left=2)
