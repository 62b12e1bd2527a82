"""The report as one page that answers, in this order: does it work, compared with what, how sure, and why."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pandas as pd

from slim.evaluation.metrics._catalogue import CATALOGUE
from slim.report.claims import sentences as claim_sentences
from slim.report.in_short import evaluations_sentence
from slim.report.page_tables import (
    WITHIN,
    chosen_table,
    claims_table,
    comparisons_table,
    datasets_table,
    depths_table,
    fits_table,
    layers_table,
    learned_table,
    maxima_table,
    models_table,
    needed_table,
    sensitivity_table,
    told,
)
from slim.report.rendering import Table, rendered
from slim.report.section_sentences import layer_sentences, rank_sentences, sensitivity_sentences, signal_sentences
from slim.report.sentences import control_sentences, floor_sentences, fusion_sentences, size_sentences
from slim.report.tables._format import number, points, words
from slim.report.tables.comparisons import ALL
from slim.report.tables.models import models

Tables = Mapping[str, pd.DataFrame]


def page(
    cards: dict[str, dict[str, Any]],
    tables: Tables,
    ledger: Iterable[Mapping[str, Any]],
    in_short: list[str],
    figures: Iterable[str],
    *,
    target: str,
    level: float,
) -> str:
    """The HTML of the report, beside which every table lies as <name>.csv.

    cards: dataset -> its card; tables: those of `slim.report.tables._made`, of which an empty one leaves its part out;
    ledger, in_short: what `slim.report.claims` and `slim.report.in_short` say; figures: which lie beside the page as
    figures/<name>.png, others are left out; target: which accuracies the curves show, `raw` or a budget of recovery;
    level: of the intervals.
    """
    ledger, means = list(ledger), models(tables["results"])
    return rendered(
        "report/page.html.j2",
        folder="figures",
        figures=list(figures),
        files=sorted(tables),
        target="without recovery" if target == "raw" else f"after the recovery `{words(target)}`",
        level=f"{number(100 * level, 'g')} %",
        seeds=sorted(map(int, tables["results"]["seed"].dropna().unique())),
        precisions=sorted(tables["results"]["precision"].dropna().unique()),
        datasets=datasets_table(cards),
        sources={name: (card["origin"], card["licence"]) for name, card in cards.items()},
        in_short=in_short,
        claims=claims_table(ledger),
        claimed=[
            (claim, told(claim["numbers"]), says) for claim, says in zip(ledger, claim_sentences(ledger), strict=True)
        ],
        maxima=maxima_table(tables["maxima"]),
        compared=_compared(tables["comparisons"]),
        depths=_by_dataset(tables["curves"], depths_table),
        chosen=_by_dataset(tables["depths"], chosen_table),
        learned=_table(tables["learned"], learned_table),
        fits=_table(tables["fits"], fits_table),
        sensitivity=_table(tables["sensitivity"], sensitivity_table),
        layers=_by_dataset(tables["shapley"], layers_table),
        needed=_table(tables["search"], needed_table),
        within=points(WITHIN).removeprefix("+"),
        models=_by_dataset(means, models_table),
        catalogue=list(CATALOGUE.values()),
        say={
            "floor": floor_sentences(means),
            "size": size_sentences(means),
            "control": control_sentences(means),
            "evaluations": _evaluations(tables["learned"]),
            "fusion": fusion_sentences(tables["curves"]),
            "ranks": rank_sentences(tables["ranks"], level),
            "signals": signal_sentences(tables["signal_correlations"]),
            "sensitivity": sensitivity_sentences(tables["sensitivity"]),
            "layers": layer_sentences(tables["shapley"], tables["interactions"]),
        },
    )


def _evaluations(learned: pd.DataFrame) -> list[str]:
    sentences = [evaluations_sentence(learned, str(fusion)) for fusion in dict.fromkeys(learned["fusion"])]
    return [sentence for sentence in sentences if sentence]


def _table(table: pd.DataFrame, draw: Callable[[pd.DataFrame], Table]) -> Table | None:
    return draw(table) if len(table) else None


def _by_dataset(table: pd.DataFrame, draw: Callable[[pd.DataFrame], Table]) -> dict[str, Table]:
    return {str(name): draw(found) for name, found in table.groupby("dataset")}


def _compared(compared: pd.DataFrame) -> dict[str, dict[str, Table]]:
    """Reference -> dataset -> table; `all` first, which stands alone where there is one dataset."""
    return {str(reference): _pooled_first(found) for reference, found in compared.groupby("reference", sort=False)}


def _pooled_first(compared: pd.DataFrame) -> dict[str, Table]:
    names = [ALL, *sorted(set(compared["dataset"]) - {ALL})]
    shown = names if len(names) > 2 else names[:1]
    return {name: comparisons_table(compared[compared["dataset"] == name]) for name in shown}
