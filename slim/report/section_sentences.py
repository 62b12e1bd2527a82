"""What ranks, signals, choices and layers come to: sentences for the sections of the page, from their tables."""

from typing import Any

import pandas as pd

from slim.report.in_short import CONTROL, FUSION
from slim.report.sentences import listed
from slim.report.tables._format import chance, interval, number, points, words

SAME = 1 - 1e-9
"""Rank correlations from here on are those of equal orders."""


def rank_sentences(ranks: pd.DataFrame, level: float) -> list[str]:
    """Where the fusion and greedy stand among all strategies, and whether ranks differ at all; one sentence."""
    if ranks.empty:
        return []
    first = ranks.iloc[0]
    means = dict(zip(ranks["strategy"], ranks["mean_rank"], strict=True))
    place = {
        name: f"{words(name)} is in place {place} ({number(mean, '.1f')})"
        for place, (name, mean) in enumerate(means.items(), start=1)
    }
    named = [place[name] for name in dict.fromkeys([first["strategy"], FUSION, CONTROL]) if name in place]
    blocks = f"{first['blocks']} pair{'' if first['blocks'] == 1 else 's'} of dataset and seed"
    text = f"By mean rank of {first['strategies']} strategies over {blocks}, {listed(named)}"
    if pd.isna(first["friedman_p"]):
        return [f"{text}; one pair cannot show whether ranks differ by more than chance."]
    differ = "They do" if first["friedman_p"] < 1 - level else "That is not shown"
    near = f"ranks nearer than {number(first['critical_difference'], '.1f')} cannot be told apart (Nemenyi)"
    sure = f"Friedman's {chance(first['friedman_p'])}"
    return [f"{text}. Do ranks differ by more than chance? {differ}, {sure}; {near}."]


def signal_sentences(correlations: pd.DataFrame) -> list[str]:
    """How many different orders the signals give, and which are the same; one sentence a dataset."""
    return [_orders(str(dataset), of) for dataset, of in correlations.groupby("dataset")]


def _orders(dataset: str, found: pd.DataFrame) -> str:
    alike = found[found["rho"] >= SAME]
    classes = {frozenset({name} | set(alike.loc[alike["first"] == name, "second"])): None for name in found["first"]}
    several = [sorted(map(words, names)) for names in classes if len(names) > 1]
    text = f"{dataset}: {found['first'].nunique()} signals order the layers in {len(classes)} ways"
    return f"{text}; the same order in every seed: {'; '.join(map(listed, several))}." if several else f"{text}."


def sensitivity_sentences(sensitivity: pd.DataFrame) -> list[str]:
    """How many choices change regret the same way in every run, and which matters most; one sentence."""
    changed = sensitivity.assign(change=(sensitivity["test_regret"] - sensitivity["default_regret"]).round(9))
    found = changed.dropna(subset=["change"]).groupby(["strategy", "option", "value"])["change"]
    if not len(found):
        return []
    table = found.agg(["mean", "min", "max", "size"]).reset_index()
    lower, higher = int((table["max"] < 0).sum()), int((table["min"] > 0).sum())
    most = table.iloc[int(table["mean"].abs().argmax())]
    runs = "in the one run" if most["size"] == 1 else f"in every one of {most['size']} runs"
    return [
        f"Of {len(table)} single choices of definition, taken the other way, {lower} lower regret {runs}, {higher} "
        f"raise it, the rest do neither; the one that matters most is {words(most['option'])} = "
        f"{words(str(most['value']))} of {words(most['strategy'])}, {points(most['mean'])} points on average "
        f"{interval(most['min'], most['max'], points)}."
    ]


def layer_sentences(shapley: pd.DataFrame, interactions: pd.DataFrame) -> list[str]:
    """Which layers are worth most and least, and which pairs need or replace each other; one sentence a dataset."""
    return [
        f"{dataset}: by Shapley value (mean over seeds), {_ends(of)}{_pairs(interactions, str(dataset))}."
        for dataset, of in shapley.groupby("dataset")
    ]


def _ends(shapley: pd.DataFrame) -> str:
    means = shapley.groupby("layer")["shapley"].mean()
    return (
        f"layer {means.idxmax()} is worth most ({points(means.max())} points) and layer {means.idxmin()} least "
        f"({points(means.min())})"
    )


def _pairs(interactions: pd.DataFrame, dataset: str) -> str:
    found: Any = interactions[interactions["dataset"] == dataset].groupby(["first", "second"])["interaction"].mean()
    if not len(found):
        return ""
    (a, b), (c, d) = found.idxmax(), found.idxmin()
    together = f"{a} and {b} need each other most ({points(found.max())} points)"
    apart = f"{c} and {d} can best stand in for one another ({points(found.min())})"
    none = ("no pair is worth more together than apart", "no pair can stand in for one another")
    return f"; {together if found.max() > 0 else none[0]}, {apart if found.min() < 0 else none[1]}"
