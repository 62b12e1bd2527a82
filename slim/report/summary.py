"""The results in few numbers: a Markdown block for the README, and what `dvc metrics diff` compares."""

from collections.abc import Callable, Iterable
from typing import Any

import pandas as pd

from slim.report.in_short import CONTROL, FUSION
from slim.report.tables._format import interval, megabytes, percent, points, times, words
from slim.report.tables.models import models


def summary(results: pd.DataFrame, maxima: pd.DataFrame, sentences: Iterable[str]) -> str:
    """Markdown, short enough for the README: what is found (see `in_short`), the models, the strategies' maxima."""
    means = models(results)
    parts = [
        "\n".join(f"- {sentence}" for sentence in sentences),
        "**Models** (test accuracy in %, differences to the teacher in points, bootstrap intervals over test items)",
        _table(["dataset", *MODEL_COLUMNS], ([row["dataset"], *_cells(row)] for _, row in means.iterrows()), left=2),
        "**Strategies** (test accuracy in % at the best depth of one or more layers removed, chosen on validation; "
        "in brackets chosen on the test items themselves, which is optimistic)",
        _maxima(maxima),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


MODEL_COLUMNS: dict[str, Callable[[pd.Series], str]] = {
    "model": lambda row: f"{words(row['model'])} ({words(row['student'])})" if row["student"] else words(row["model"]),
    "accuracy": lambda row: percent(row["accuracy"]),
    "interval": lambda row: interval(row["accuracy_low"], row["accuracy_high"]),
    "to teacher": lambda row: points(row["difference"]),
    "its interval": lambda row: interval(row["difference_low"], row["difference_high"], points),
    "layers": lambda row: "" if pd.isna(row["layers"]) else f"{row['layers']:.3g}",
    "MB": lambda row: megabytes(row["bytes"]),
    "ratio": lambda row: times(row["ratio"]),
}
"""Heading -> the cell of a row of the table `models`."""


def _cells(row: pd.Series) -> list[str]:
    return [cell(row) for cell in MODEL_COLUMNS.values()]


def _maxima(maxima: pd.DataFrame) -> str:
    datasets = sorted(maxima["dataset"].unique())
    rows = []
    for strategy in maxima["strategy"].drop_duplicates():
        of = maxima[maxima["strategy"] == strategy].set_index("dataset")
        cells = [_pair(of.loc[name, "accuracy"], of.loc[name, "optimistic"]) if name in of.index else ""
                 for name in datasets]  # fmt: skip
        rows.append([words(strategy), *cells, _pair(of["mean"].iloc[0], of["mean_optimistic"].iloc[0])])
    return _table(["strategy", *datasets, "mean"], rows, left=1)


def _pair(honest: Any, optimistic: Any) -> str:
    return "" if pd.isna(honest) else f"{percent(honest)} ({percent(optimistic)})"


def _table(head: list[str], rows: Iterable[list[str]], *, left: int) -> str:
    rule = [":--"] * left + ["--:"] * (len(head) - left)
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [head, rule, *rows])


def headline(results: pd.DataFrame, maxima: pd.DataFrame, *, student: str) -> dict[str, float]:
    """Up to five numbers, means over datasets; one that was not measured on every dataset is absent.

    teacher, distilled: test accuracy of the teacher and of the distilled `student` (share)
    teacher_helped: accuracy of that student over its hard-label control (share)
    ratio: its accuracy per byte over the teacher's
    fusion_over_greedy: random_forest minus greedy, each at the depth validation chose (share)
    """
    means = models(results)
    numbers = {
        "teacher": _mean(means, "teacher", "", "accuracy"),
        "distilled": _mean(means, "distilled", student, "accuracy"),
        "teacher_helped": _mean(means, "distilled", student, "over_control"),
        "ratio": _mean(means, "distilled", student, "ratio"),
        "fusion_over_greedy": _over_greedy(maxima),
    }
    return {name: rounded(number) for name, number in numbers.items() if pd.notna(number)}


def _mean(means: pd.DataFrame, model: str, student: str, column: str) -> float:
    found = means.loc[(means["model"] == model) & (means["student"] == student), column].dropna()
    return float(found.mean()) if len(found) == means["dataset"].nunique() else float("nan")


def _over_greedy(maxima: pd.DataFrame) -> float:
    found = maxima.drop_duplicates("strategy").set_index("strategy")["mean"]
    return float(found.get(FUSION, float("nan")) - found.get(CONTROL, float("nan")))


def by_strategy(maxima: pd.DataFrame) -> dict[str, dict[str, float]]:
    """strategy -> dataset (and `mean`) -> test accuracy (share) at the depth k >= 1 that validation chose."""
    found: dict[str, dict[str, float]] = {}
    for row in maxima.to_dict("records"):
        cells = found.setdefault(row["strategy"], {})
        cells[row["dataset"]] = rounded(row["accuracy"])
        if pd.notna(row["mean"]):
            cells["mean"] = rounded(row["mean"])
    return found


def rounded(number: float) -> float:
    """Six significant digits, as in the tables."""
    return float(f"{number:.6g}")
