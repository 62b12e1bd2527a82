"""What the numbers say, in words that follow from their signs and intervals: no sentence is written by hand."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from slim.report.tables._format import interval, megabytes, percent, points, times, words

REFERENCE = "greedy"
"""The signal-free strategy that a fusion has to beat, since it too measures validation accuracy."""


CUT_MATTERS = 0.05
"""From this share of cut texts on, a teacher below the linear floor is no bug: the floor reads what it does not."""


def verdict(low: float, high: float, *, above: str, below: str, undecided: str) -> str:
    """`above` when an interval lies over zero, `below` when under it, else `undecided`."""
    return above if low > 0 else below if high < 0 else undecided


def listed(names: Sequence[str]) -> str:
    """`a, b and c`."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def floor_sentences(models: pd.DataFrame) -> list[str]:
    """Teacher against the linear baseline, one sentence a dataset."""
    measured = _measured(models, "difference", model="tfidf_linear")
    return [_floor(dataset, of, cut_clause(models, dataset)) for dataset, of in measured]


def cut_clause(models: pd.DataFrame, dataset: str) -> str:
    """`, whose texts are cut at 32 tokens (97 % of them), while the floor reads them whole`; '' where few are cut."""
    teacher = models[(models["model"] == "teacher") & (models["dataset"] == dataset)]
    if teacher.empty or not teacher["cut"].iloc[0] >= CUT_MATTERS:
        return ""
    cut, tokens = teacher["cut"].iloc[0], teacher["max_tokens"].iloc[0]
    return (
        f", whose texts are cut at {tokens:.0f} tokens ({100 * cut:.0f} % of them), while the floor reads them whole"
    )


def _floor(dataset: str, floor: pd.Series, cut: str) -> str:
    gain, low, high = -floor["difference"], -floor["difference_high"], -floor["difference_low"]
    why = cut.replace(", whose texts", " on texts that", 1) or ", which makes it a bug rather than a result"
    says = verdict(
        low, high,
        above="is more accurate than the linear floor",
        below=f"is less accurate than the linear floor{why}",
        undecided="cannot be told from the linear floor",
    )  # fmt: skip
    levels = f"{percent(floor['accuracy'] + gain)} % against {percent(floor['accuracy'])} %"
    return f"{dataset}: the teacher {says}: {levels}, {points(gain)} points {interval(low, high, points)}."


def control_sentences(models: pd.DataFrame) -> list[str]:
    """Distilled against the same student on hard labels, one sentence a dataset and student."""
    return [_control(dataset, row) for dataset, row in _measured(models, "over_control", model="distilled")]


def _control(dataset: str, row: pd.Series) -> str:
    low, high = row["over_control_low"], row["over_control_high"]
    says = verdict(
        low, high,
        above="the teacher helped",
        below="the teacher hurt",
        undecided="no help of the teacher is shown",
    )  # fmt: skip
    return (
        f"{dataset}, student of {words(row['student'])}: {says}: {points(row['over_control'])} points "
        f"{interval(low, high, points)} over the same student trained on hard labels."
    )


def size_sentences(models: pd.DataFrame) -> list[str]:
    """Distilled against the teacher, in accuracy and bytes, one sentence a dataset and student."""
    return [_size(dataset, row) for dataset, row in _measured(models, "difference", model="distilled")]


def _size(dataset: str, row: pd.Series) -> str:
    low, high = row["difference_low"], row["difference_high"]
    says = verdict(
        low, high,
        above="is more accurate than its teacher",
        below="is less accurate than its teacher",
        undecided="cannot be told from its teacher",
    )  # fmt: skip
    text = (
        f"{dataset}, student of {words(row['student'])}: the distilled model {says}: {percent(row['accuracy'])} %, "
        f"{points(row['difference'])} points {interval(low, high, points)}"
    )
    if pd.notna(row["layers"]) and pd.notna(row["bytes"]):
        text += f", with {row['layers']:.3g} layers and {megabytes(row['bytes'])} MB"
    if pd.notna(row["ratio"]) and pd.notna(row["ratio_ceiling"]):
        text += f"; accuracy per byte {times(row['ratio'])} times the teacher's, {_ceiling(row)}"
    return text + "."


def _ceiling(row: pd.Series) -> str:
    reach = "above" if row["ratio"] > row["ratio_ceiling"] else "within"
    return f"{reach} the {times(row['ratio_ceiling'])} that removing layers alone can reach at equal accuracy"


def fusion_sentences(curves: pd.DataFrame) -> list[str]:
    """Each fusion against greedy and the oracle, one sentence a dataset and fusion."""
    return [
        _fusion(dataset, fusion, curves[curves["dataset"] == dataset])
        for dataset in sorted(curves["dataset"].unique())
        for fusion in sorted(curves.loc[curves["family"] == "fusion", "strategy"].unique())
        if REFERENCE in set(curves.loc[curves["dataset"] == dataset, "strategy"])
    ]


def _fusion(dataset: str, fusion: str, curves: pd.DataFrame) -> str:
    by_depth = depths(curves)
    gains = (by_depth[fusion] - by_depth[REFERENCE]).round(9)
    over, under = int((gains > 0).sum()), int((gains < 0).sum())
    by_seed = [_mean_gain(curves[curves["seed"] == seed], fusion) for seed in sorted(curves["seed"].unique())]
    seeds = f"single seeds {points(min(by_seed))} to {points(max(by_seed))}" if len(by_seed) > 1 else "one seed"
    text = (
        f"{dataset}, {words(fusion)} against {REFERENCE}: better at {over}, equal at {len(gains) - over - under} and "
        f"worse at {under} of {len(gains)} depths, {points(gains.mean())} points on average ({seeds}): "
        f"{_added(by_seed)}"
    )
    if "oracle" in by_depth:
        short = (by_depth[fusion] - by_depth["oracle"]).mean()
        text += f". To the oracle, the best subset on validation: {points(short)} points on average"
    return text + "."


def _added(gains: list[float]) -> str:
    if max(gains) <= 0:
        return "here the signals add nothing"
    if min(gains) <= 0:
        return "the seeds do not agree on a gain, so none is claimed for the signals"
    return "the signals add to it" if len(gains) > 1 else "one seed cannot show that the signals add to it"


def _mean_gain(curves: pd.DataFrame, fusion: str) -> float:
    by_depth = depths(curves)
    return round(float((by_depth[fusion] - by_depth[REFERENCE]).mean()), 9)


def depths(curves: pd.DataFrame) -> pd.DataFrame:
    """Mean test accuracy (share) over seeds and draws: a row a number of layers removed (k >= 1), a column a strategy.

    Fusions first, then controls.
    """
    found = curves[(curves["removed"] >= 1) & curves["family"].isin(["fusion", "control"])]
    means = found.pivot_table(index="removed", columns="strategy", values="test_accuracy")
    fusions = set(found.loc[found["family"] == "fusion", "strategy"])
    return means[sorted(means.columns, key=lambda strategy: (strategy not in fusions, strategy))]


def _measured(models: pd.DataFrame, column: str, *, model: str) -> list[tuple[str, Any]]:
    """(dataset, row) of the rows of a model in which a difference and both ends of its interval were measured."""
    columns = [column, f"{column}_low", f"{column}_high"]
    found = models[models["model"] == model].dropna(subset=columns)
    return [(str(row["dataset"]), row) for _, row in found.iterrows()]
